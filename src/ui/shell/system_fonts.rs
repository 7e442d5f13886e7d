//! Fonts of the system, for letters that the window's own lack. They are looked for when the first such letter is met.
//!
//! What looks for them panics on a machine that has no font at all, at the first letter of a name in another script. There the
//! window goes on with cells, see `kit::cells`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use egui::FontProvider;
use egui::epaint::text::{FallbackRequest, FontInsert};
use egui_system_font_provider::SystemFontProvider;

use crate::export::drawing;

/// One for all contexts: the window's, and that of its figures.
static SYSTEM_FONTS: LazyLock<Arc<SystemFonts>> = LazyLock::new(Arc::default);

/// Gives a context the fonts of the system.
pub fn install(ctx: &egui::Context) {
    ctx.add_font_provider(Arc::<SystemFonts>::clone(&SYSTEM_FONTS));
}

#[derive(Default)]
struct SystemFonts {
    /// `None` where there are none.
    provider: OnceLock<Option<SystemFontProvider>>,
    has_failed: AtomicBool,
}

impl FontProvider for SystemFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        if self.has_failed.load(Ordering::Relaxed) {
            return None;
        }
        let provider =
            self.provider.get_or_init(|| drawing::has_system_fonts().then(SystemFontProvider::new)).as_ref()?;
        self.outlived(|| provider.font_for(request))
    }
}

impl SystemFonts {
    /// What a search finds; nothing from now on where it panics.
    fn outlived<T>(&self, search: impl FnOnce() -> Option<T>) -> Option<T> {
        catch_unwind(AssertUnwindSafe(search)).unwrap_or_else(|_| {
            self.has_failed.store(true, Ordering::Relaxed);
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn font_for(fonts: &SystemFonts, cluster: &str) -> Option<FontInsert> {
        fonts.font_for(&FallbackRequest { cluster, family: &egui::FontFamily::Proportional })
    }

    #[test]
    fn a_letter_that_no_font_has_is_found_nowhere_on_any_machine() {
        assert!(font_for(&SystemFonts::default(), "\u{10fffe}").is_none());
    }

    #[test]
    fn a_search_that_panics_is_the_last_one() {
        let fonts = SystemFonts::default();
        assert_eq!(fonts.outlived(|| Some(3)), Some(3));
        assert_eq!(fonts.outlived(|| -> Option<u8> { panic!("The Promise Sender was dropped") }), None);
        assert!(fonts.has_failed.load(Ordering::Relaxed) && font_for(&fonts, "猫").is_none());
        assert!(fonts.provider.get().is_none(), "it is not even asked");
    }
}
