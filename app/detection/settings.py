"""Settings of the detector."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

BUNDLED_MODEL = Path(__file__).parent / "models" / "card-detector.onnx"


class DetectionSettings(BaseModel):
    """What the detector runs on and what it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: Path = Field(BUNDLED_MODEL, description="The ONNX file of the detector.")
    provider: str = Field(
        "auto",
        pattern="^(auto|cuda|cpu)$",
        description="`auto` takes CUDA where the session gets it, else the CPU.",
    )
    intra_op_threads: int = Field(
        0, ge=0, le=256, description="Threads inside one inference; 0 sizes them to the machine."
    )
    min_score: float = Field(
        0.5, ge=0, le=1, description="Cards below this score are left out of the answer."
    )
    max_pixels: int = Field(50_000_000, ge=1, description="Larger photographs are refused from their header.")
    max_side_px: int = Field(16_000, ge=1, description="Longest side that is accepted.")
    min_side_px: int = Field(32, ge=1, description="Shortest side that is accepted.")
    max_cards: int = Field(50, ge=1, description="Most cards reported for one photograph.")
