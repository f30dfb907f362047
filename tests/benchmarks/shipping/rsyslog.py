"""rsyslog's configuration: imfile and omelasticsearch, told to retry and to keep errors.

    apt-get install rsyslog rsyslog-elasticsearch

Ids are the file's offset, as ours are, so that a line that is sent again is answered 409. An item that was
refused for now comes to a ruleset of its own, whose queue the first one cannot fill, with its document as
`$!` and its id as `$.omes!_id`; it is built anew from these, else it would be sent with the message field
alone. omelasticsearch does not compress.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

INSTALL = "apt-get install rsyslog rsyslog-elasticsearch"
MODULE = Path("/usr/lib/x86_64-linux-gnu/rsyslog/omelasticsearch.so")

MEMORY = 'queue.type="LinkedList" queue.size="10000"'
FILES = 'queue.filename="{name}" queue.maxDiskSpace="4g" queue.checkpointInterval="1"'
"""A kill of the process takes nothing from the page cache, so the queue's files need not be synced here."""

ASSISTED = f'{MEMORY} queue.highWatermark="5000" queue.saveOnShutdown="on" {FILES}'
DISK = f'queue.type="Disk" {FILES}'
"""Queues. A larger one in memory loses more at a kill: imfile takes for shipped what it has put in there."""

CONFIGURATION = """
global(workDirectory="{folder}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="omelasticsearch")

template(name="line" type="string" string="%msg%")
template(name="line-id" type="string" string="%$!metadata!fileoffset%")
template(name="again" type="string" string="%$!all-json%")
template(name="again-id" type="string" string="%$.omes!_id%")

ruleset(name="ship" {queue_ship} queue.dequeueBatchSize="2000" queue.workerThreads="1") {{
  action(type="omelasticsearch" {output} template="line" bulkid="line-id")
}}
ruleset(name="again" {queue_again} queue.dequeueBatchSize="2000" queue.workerThreads="1") {{
  if $.omes!status == 429 or $.omes!status >= 500 then {{
    action(type="omelasticsearch" {output} template="again" bulkid="again-id")
  }} else if $.omes!status != 200 and $.omes!status != 201 and $.omes!status != 409 then {{
    action(type="omfile" file="{folder}/refused.ndjson" template="again")
  }}
}}

input(type="imfile" file="{path}" tag="card" ruleset="ship" addMetadata="on" reopenOnTruncate="on"
      persistStateInterval="1000" persistStateAfterSubmission="on" readTimeout="0")
"""
OUTPUT = (
    'server="127.0.0.1" serverport="{port}" searchIndex="logs-card.request-default" searchType="" '
    'bulkmode="on" maxbytes="10m" dynbulkid="on" writeoperation="create" '
    'retryfailures="on" retryruleset="again" ratelimit.interval="1" ratelimit.burst="10000000" '
    'errorFile="{folder}/errors.json" action.resumeRetryCount="-1" action.resumeInterval="1"'
)


def missing() -> str | None:
    """None when it can run here, else the sentence for the user."""
    if program() and MODULE.exists():
        return None
    return f"rsyslog was left out: it is not installed ({INSTALL})."


def program() -> str | None:
    """The daemon's path."""
    return shutil.which("rsyslogd") or shutil.which("rsyslogd", path="/usr/sbin")


def version() -> str:
    """Its version, as it says."""
    said = subprocess.run([str(program()), "-v"], capture_output=True, text=True, check=True).stdout
    return said.split()[1]


def command(folder: Path, path: Path, url: str, queue: str) -> list[str]:
    """The command that ships `path`; its configuration and its state lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    output = OUTPUT.format(port=url.rsplit(":", 1)[1], folder=folder)
    ship, again = queue.format(name="ship"), queue.format(name="again")
    text = CONFIGURATION.format(folder=folder, path=path, queue_ship=ship, queue_again=again, output=output)
    (folder / "rsyslog.conf").write_text(text)
    return [str(program()), "-n", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "pid")]
