//! Icons: glyphs of Phosphor (MIT, <https://phosphoricons.com>), embedded as a font of those that are used.

/// List.
pub const LIST: &str = "\u{e2f0}";
/// Play.
pub const PLAY: &str = "\u{e3d0}";
/// Pause.
pub const PAUSE: &str = "\u{e39e}";
/// Skip forward.
pub const SKIP_FORWARD: &str = "\u{e5a6}";
/// Arrow counter clockwise.
pub const ARROW_COUNTER_CLOCKWISE: &str = "\u{e038}";
/// Git branch.
pub const GIT_BRANCH: &str = "\u{e278}";
/// Rewind.
pub const REWIND: &str = "\u{e6a8}";
/// Plus.
pub const PLUS: &str = "\u{e3d4}";
/// Copy.
pub const COPY: &str = "\u{e1ca}";
/// Pencil simple.
pub const PENCIL_SIMPLE: &str = "\u{e3b4}";
/// Eye.
pub const EYE: &str = "\u{e220}";
/// Eye slash.
pub const EYE_SLASH: &str = "\u{e224}";
/// Trash.
pub const TRASH: &str = "\u{e4a6}";
/// Dots three.
pub const DOTS_THREE: &str = "\u{e1fe}";
/// X.
pub const X: &str = "\u{e4f6}";
/// Magnifying glass.
pub const MAGNIFYING_GLASS: &str = "\u{e30c}";
/// Info.
pub const INFO: &str = "\u{e2ce}";
/// Warning.
pub const WARNING: &str = "\u{e4e0}";
/// Warning circle.
pub const WARNING_CIRCLE: &str = "\u{e4e2}";
/// Sun.
pub const SUN: &str = "\u{e472}";
/// Moon.
pub const MOON: &str = "\u{e330}";
/// Download simple.
pub const DOWNLOAD_SIMPLE: &str = "\u{e20c}";
/// Caret down.
pub const CARET_DOWN: &str = "\u{e136}";
/// Caret up.
pub const CARET_UP: &str = "\u{e13c}";
/// Arrow clockwise.
pub const ARROW_CLOCKWISE: &str = "\u{e036}";
/// Crosshair.
pub const CROSSHAIR: &str = "\u{e1d6}";
/// Sliders horizontal.
pub const SLIDERS_HORIZONTAL: &str = "\u{e434}";
/// Ruler.
pub const RULER: &str = "\u{e6b8}";
/// Clock counter clockwise.
pub const CLOCK_COUNTER_CLOCKWISE: &str = "\u{e1a0}";
