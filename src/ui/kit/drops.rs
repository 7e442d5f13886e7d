//! Whether files can be dropped on the window. On Wayland they cannot: the library that opens the window does not know how.

use egui::{Context, Id};

/// Stands in the memory of a context whose window takes no files.
#[derive(Clone)]
struct TakesNone;

/// Says whether files can be dropped on the window of a context; without a word they can.
pub fn set(ctx: &Context, takes_files: bool) {
    ctx.data_mut(|data| {
        if takes_files {
            data.remove::<TakesNone>(Id::NULL);
        } else {
            data.insert_temp(Id::NULL, TakesNone);
        }
    });
}

/// How else files come in than by what stands beside these words: a sentence for the end of a hint.
#[must_use]
pub fn hint(ctx: &Context) -> &'static str {
    if ctx.data(|data| data.get_temp::<TakesNone>(Id::NULL)).is_some() {
        "“Open a file…” in the menu has a dialog for them."
    } else {
        "Files can also be dropped on the window."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_dialog_where_nothing_can_be_dropped() {
        let ctx = Context::default();
        assert!(hint(&ctx).contains("dropped on the window"));
        set(&ctx, false);
        assert!(hint(&ctx).contains("Open a file…") && !hint(&ctx).contains("drop"));
        set(&ctx, true);
        assert!(hint(&ctx).contains("dropped on the window"));
    }
}
