//! Icons: glyphs of Phosphor (MIT, https://phosphoricons.com), embedded as a font of the few that are used.

#![allow(dead_code, reason = "the font has a few more than are used")]

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
/// Command.
pub const COMMAND: &str = "\u{e1c4}";
/// Keyboard.
pub const KEYBOARD: &str = "\u{e2d8}";
/// Question.
pub const QUESTION: &str = "\u{e3e8}";
/// Info.
pub const INFO: &str = "\u{e2ce}";
/// Warning.
pub const WARNING: &str = "\u{e4e0}";
/// Warning circle.
pub const WARNING_CIRCLE: &str = "\u{e4e2}";
/// Check circle.
pub const CHECK_CIRCLE: &str = "\u{e184}";
/// Sun.
pub const SUN: &str = "\u{e472}";
/// Moon.
pub const MOON: &str = "\u{e330}";
/// Monitor.
pub const MONITOR: &str = "\u{e32e}";
/// Text aa.
pub const TEXT_AA: &str = "\u{e6ee}";
/// Floppy disk.
pub const FLOPPY_DISK: &str = "\u{e248}";
/// Download simple.
pub const DOWNLOAD_SIMPLE: &str = "\u{e20c}";
/// Folder open.
pub const FOLDER_OPEN: &str = "\u{e256}";
/// File.
pub const FILE: &str = "\u{e230}";
/// Camera.
pub const CAMERA: &str = "\u{e10e}";
/// Image.
pub const IMAGE: &str = "\u{e2ca}";
/// Film strip.
pub const FILM_STRIP: &str = "\u{e792}";
/// Cube.
pub const CUBE: &str = "\u{e1da}";
/// Map trifold.
pub const MAP_TRIFOLD: &str = "\u{e31a}";
/// Chart line.
pub const CHART_LINE: &str = "\u{e154}";
/// Table.
pub const TABLE: &str = "\u{e476}";
/// Graduation cap.
pub const GRADUATION_CAP: &str = "\u{e62c}";
/// Book open.
pub const BOOK_OPEN: &str = "\u{e0e6}";
/// Gear.
pub const GEAR: &str = "\u{e270}";
/// Caret left.
pub const CARET_LEFT: &str = "\u{e138}";
/// Caret right.
pub const CARET_RIGHT: &str = "\u{e13a}";
/// Caret down.
pub const CARET_DOWN: &str = "\u{e136}";
/// Caret up.
pub const CARET_UP: &str = "\u{e13c}";
/// Arrows out.
pub const ARROWS_OUT: &str = "\u{e0a2}";
/// Arrows in.
pub const ARROWS_IN: &str = "\u{e09a}";
/// Arrow clockwise.
pub const ARROW_CLOCKWISE: &str = "\u{e036}";
/// Lock simple.
pub const LOCK_SIMPLE: &str = "\u{e308}";
/// Lock simple open.
pub const LOCK_SIMPLE_OPEN: &str = "\u{e30a}";
/// Crosshair.
pub const CROSSHAIR: &str = "\u{e1d6}";
/// Push pin.
pub const PUSH_PIN: &str = "\u{e3e2}";
/// Sliders horizontal.
pub const SLIDERS_HORIZONTAL: &str = "\u{e434}";
/// Database.
pub const DATABASE: &str = "\u{e1de}";
/// Graph.
pub const GRAPH: &str = "\u{eb58}";
/// Stack.
pub const STACK: &str = "\u{e466}";
/// Swap.
pub const SWAP: &str = "\u{e83c}";
/// Equals.
pub const EQUALS: &str = "\u{e21c}";
/// Flask.
pub const FLASK: &str = "\u{e79e}";
/// Ruler.
pub const RULER: &str = "\u{e6b8}";
/// Bell.
pub const BELL: &str = "\u{e0ce}";
/// Sidebar simple.
pub const SIDEBAR_SIMPLE: &str = "\u{ec24}";
/// Stop.
pub const STOP: &str = "\u{e46c}";
/// Record.
pub const RECORD: &str = "\u{e3ee}";
/// Clock counter clockwise.
pub const CLOCK_COUNTER_CLOCKWISE: &str = "\u{e1a0}";
/// Palette.
pub const PALETTE: &str = "\u{e6c8}";
/// Sign out.
pub const SIGN_OUT: &str = "\u{e42a}";
/// Upload simple.
pub const UPLOAD_SIMPLE: &str = "\u{e4c0}";
/// Clipboard text.
pub const CLIPBOARD_TEXT: &str = "\u{e198}";
