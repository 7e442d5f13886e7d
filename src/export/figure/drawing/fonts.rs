//! The fonts of figures: those of the window, which are embedded, so that a figure looks the same everywhere. The
//! system's are asked for letters of other scripts alone, and read when the first of them is met. Letters that no font has are
//! told in Latin ones, so that names which differ never look the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use resvg::usvg::fontdb::{Database, ID};
use resvg::usvg::{FontResolver, Options};

use crate::letters;

static EMBEDDED: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    // For the letters that the first one lacks, such as ‖.
    fonts.load_font_data(epaint_default_fonts::HACK_REGULAR.to_vec());
    Arc::new(fonts)
});

/// The same fonts under the same numbers, and those of the system behind them.
static ALL: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::clone(&EMBEDDED);
    fonts.load_system_fonts();
    Arc::new(fonts)
});

/// Letters of this class get a little more ink: the font is a light one, and thin lines fade in pixels. Readers of the SVG
/// have other fonts.
pub const INK: &str = "ink";

/// How the SVG of a figure is read.
pub fn options() -> Options<'static> {
    Options {
        fontdb: Arc::clone(&EMBEDDED),
        font_resolver: FontResolver {
            // The first font, whichever families the text names for other readers.
            select_font: Box::new(|_, fonts| fonts.faces().next().map(|face| face.id)),
            select_fallback: Box::new(font_with),
        },
        style_sheet: Some(format!(".{INK} {{ stroke-width: 0.3px }}")),
        ..Options::default()
    }
}

/// Whether a text needs both of the embedded fonts, and no other. `usvg` would set all of it in the second one.
pub fn needs_both(text: &str) -> bool {
    let mut fonts = Arc::clone(&EMBEDDED);
    let ids: Vec<ID> = fonts.faces().map(|face| face.id).collect();
    let [first, second] = ids[..] else { return false };
    // The selector leaves out the fonts that it is told of.
    let select = FontResolver::default_fallback_selector();
    let mut is_in_other = |letter: char, other: ID| select(letter, &[other], &mut fonts).is_some();
    let lacking: Vec<char> =
        text.chars().filter(|letter| !letter.is_ascii() && !is_in_other(*letter, second)).collect();
    !lacking.is_empty() && lacking.into_iter().all(|letter| is_in_other(letter, first))
}

/// A font that has a letter, other than those that were tried.
fn font_with(letter: char, tried: &[ID], fonts: &mut Arc<Database>) -> Option<ID> {
    let select = FontResolver::default_fallback_selector();
    select(letter, tried, fonts).or_else(|| {
        *fonts = Arc::clone(&ALL);
        select(letter, tried, fonts)
    })
}

/// Whether a letter is in one of the embedded fonts, or of the system's.
#[must_use]
pub fn is_in_a_font(letter: char) -> bool {
    static KNOWN: LazyLock<Mutex<HashMap<char, bool>>> = LazyLock::new(Mutex::default);
    let is_in = |fonts: &Arc<Database>| {
        let mut fonts = Arc::clone(fonts);
        let ids: Vec<ID> = fonts.faces().map(|face| face.id).take(2).collect();
        // The selector leaves out the fonts that it is told of, and must be told of one.
        let select = FontResolver::default_fallback_selector();
        ids.into_iter().any(|other| select(letter, &[other], &mut fonts).is_some())
    };
    letter.is_ascii() || *KNOWN.lock().entry(letter).or_insert_with(|| is_in(&EMBEDDED) || is_in(&ALL))
}

/// A text as a figure shows it: letters that no font has are told in others.
pub fn shown(text: &str) -> Cow<'_, str> {
    letters::told(text, |letter| !is_in_a_font(letter))
}

/// Whether the system has any font.
#[must_use]
pub fn has_system_fonts() -> bool {
    ALL.len() > EMBEDDED.len()
}
