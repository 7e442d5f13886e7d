//! Knobs of what is done to the examples of a step. Measurements see none of it.

use super::{KnobGroup, KnobScale, KnobSpec};

const BLANK: KnobSpec = KnobSpec { group: KnobGroup::Examples, off: Some(0.0), ..KnobSpec::BLANK };

pub(super) const LABEL_SMOOTHING: KnobSpec = KnobSpec {
    key: "label_smoothing",
    label: "Label smoothing",
    symbol: "smoothing",
    max: 0.99,
    help: "Share of each target that is spread over all classes in training steps. The loss of a step's batch has it; losses \
           on measured and test examples, curvature and slices are of the plain loss. Other code gives α/(K − 1) to each of \
           the K − 1 other classes: its α is this one times (K − 1)/K. Takes effect at the next step.",
    ..BLANK
};
pub(super) const MIXUP: KnobSpec = KnobSpec {
    key: "mixup",
    label: "Mixup α",
    symbol: "mixup",
    max: 10.0,
    smallest_positive: 1e-2,
    scale: KnobScale::Logarithmic,
    help: "Each example of a step is mixed with another one, and its target likewise; the share is one number a step, from \
           Beta(α, α). At 0 none is. Takes effect at the next step.",
    ..BLANK
};
pub(super) const FLIP: KnobSpec = KnobSpec {
    key: "flip",
    label: "Mirror images",
    symbol: "mirror",
    group: KnobGroup::Examples,
    help: "Half of the images of a step are mirrored left to right. Takes effect at the next step.",
    ..KnobSpec::SWITCH
};
pub(super) const CROP: KnobSpec = KnobSpec {
    key: "crop",
    label: "Move images",
    symbol: "crop",
    unit: "pixels",
    max: 64.0,
    smallest_positive: 1.0,
    scale: KnobScale::Integer,
    help: "Images are moved by up to so many pixels along both sides, as a crop of the padded image is; at most half of their \
           shorter side. Takes effect at the next step.",
    ..BLANK
};
pub(super) const ROTATE: KnobSpec = KnobSpec {
    key: "rotate",
    label: "Turn images",
    symbol: "rotate",
    unit: "degrees",
    max: 180.0,
    help: "Images are turned by an angle of up to so many degrees to either side. Takes effect at the next step.",
    ..BLANK
};
pub(super) const JITTER: KnobSpec = KnobSpec {
    key: "jitter",
    label: "Brightness, contrast",
    symbol: "jitter",
    help: "Brightness and contrast of an image are multiplied by factors of 1 ± this at most. Takes effect at the next step.",
    ..BLANK
};
pub(super) const ERASE: KnobSpec = KnobSpec {
    key: "erase",
    label: "Erase a part",
    symbol: "erase",
    help: "Chance that a rectangle of an image, 2 to 33 % of it, is erased. Takes effect at the next step.",
    ..BLANK
};
