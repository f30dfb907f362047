"""Settings of the detector."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

BUNDLED_MODEL = Path(__file__).parent / "models" / "card-detector.onnx"
BUNDLED_CLASSIFIER = Path(__file__).parent / "models" / "card-classifier.onnx"

DECODER_MAX_PIXELS = 200_000_000  # what the decoder itself refuses; no setting goes beyond it


class DetectionSettings(BaseModel):
    """What the detector runs on and what it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: Path = Field(BUNDLED_MODEL, description="The ONNX file of the detector.")
    classifier: str = Field(
        "auto",
        description="The ONNX file of the second stage, which tells each card's type and upright side and"
        " rejects what is none; `off`, or `auto`: the bundled one with the bundled detector, else none.",
    )
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
    max_pixels: int = Field(
        50_000_000,
        ge=1,
        le=DECODER_MAX_PIXELS,
        description="Larger photographs are refused from their header.",
    )
    max_side_px: int = Field(16_000, ge=1, le=65_535, description="Longest side that is accepted.")
    min_side_px: int = Field(32, ge=1, description="Shortest side that is accepted.")
    max_chunks: int = Field(
        50_000, ge=16, description="Most segments or chunks in the file of one photograph."
    )
    max_scans: int = Field(
        64,
        ge=1,
        description="Most scans of one JPEG; each is a pass over all pixels, and usual files have 1 to 12.",
    )
    max_cards: int = Field(50, ge=1, description="Most cards reported for one photograph.")
    max_candidates: int = Field(
        300, ge=1, description="Most detections, best first, that are compared with one another."
    )
    max_overlap: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Of two detections that overlap by more (IoU) only the better one is kept.",
    )

    max_covered: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Of two detections of which one lies with more than this share inside the other only the"
        " better one is kept: no card lies inside another.",
    )

    @property
    def classifier_path(self) -> Path | None:
        """The file of the second stage; None where there is none."""
        if self.classifier == "auto":
            return BUNDLED_CLASSIFIER if self.model.resolve() == BUNDLED_MODEL.resolve() else None
        return None if self.classifier == "off" else Path(self.classifier)
