import pytest
from gunicorn.config import Config

from app.service.gunicorn_conf import SPARE_THREADS, Sizes, options, sizes
from app.service.server import GunicornLogger
from app.service.settings import ServiceSettings


@pytest.mark.parametrize(
    ("cores", "intra_op_threads", "gpu", "workers", "concurrency"),
    [
        (1, 0, False, 1, 1),
        (2, 0, False, 1, 1),
        (2, 1, False, 1, 2),
        (8, 0, False, 2, 1),
        (16, 2, False, 4, 2),
        (64, 0, False, 8, 1),
        (64, 0, True, 1, 1),
        (2, 8, False, 1, 1),
    ],
)
def test_sizes_fit_the_machine(
    cores: int, intra_op_threads: int, gpu: bool, workers: int, concurrency: int
) -> None:
    fit = sizes(ServiceSettings(), cores=cores, intra_op_threads=intra_op_threads, gpu=gpu)

    assert (fit.workers, fit.concurrency) == (workers, concurrency)
    assert fit.threads == concurrency + ServiceSettings().queue + SPARE_THREADS


def test_what_is_set_is_taken() -> None:
    fit = sizes(ServiceSettings(workers=3, threads=5), cores=2, intra_op_threads=0, gpu=True)
    assert (fit.workers, fit.threads) == (3, 5)


def test_gunicorn_takes_the_options() -> None:
    called: list[object] = []
    settings = ServiceSettings(graceful_timeout_s=7, backlog=9)
    config = Config()
    chosen = options(
        settings,
        Sizes(2, 20, 1),
        listener_fd=5,
        worker_tmp_dir=None,
        logger_class=GunicornLogger,
        hooks={"on_exit": lambda server: called.append(server)},
    )
    for name, value in chosen.items():
        config.set(name, value)
    config.on_exit("server")

    assert config.address == [5]
    assert config.worker_class_str == "gthread"
    assert (config.workers, config.threads, config.graceful_timeout, config.backlog) == (2, 20, 7, 9)
    assert config.accesslog is None
    assert config.control_socket_disable
    assert called == ["server"]
