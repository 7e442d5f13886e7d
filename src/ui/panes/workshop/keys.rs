//! Ctrl+Enter, which both panes take: it belongs to the one with the keyboard, or to the one that is in sight.

use egui::{Key, KeyboardShortcut, Modifiers, Ui};

/// One of the two panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkshopPane {
    /// The model.
    Model,
    /// The data.
    Data,
}

/// For which pane the keys are.
#[derive(Debug, Default)]
pub struct EnterKey {
    /// The pass in which each was drawn last.
    drawn: [Option<u64>; 2],
    /// The pane that was clicked or typed in last.
    last: Option<WorkshopPane>,
}

impl EnterKey {
    /// Whether Ctrl+Enter was pressed for this pane, which is about to be drawn. Its text must not see the keys.
    pub fn take(&mut self, ui: &Ui, pane: WorkshopPane) -> bool {
        let ctx = ui.ctx();
        let pass = ctx.cumulative_pass_nr();
        self.drawn[pane as usize] = Some(pass);
        let other = self.drawn[1 - pane as usize];
        let is_alone = other.is_none_or(|drawn| pass.saturating_sub(drawn) > 1);
        let rect = ui.max_rect();
        let press = ctx.input(|input| input.pointer.interact_pos().filter(|_| input.pointer.any_pressed()));
        if press.is_some_and(|place| rect.contains(place) && ctx.layer_id_at(place) == Some(ui.layer_id())) {
            self.last = Some(pane);
        }
        let focused = ctx.memory(egui::Memory::focused).and_then(|id| ctx.read_response(id));
        let is_here = match focused {
            Some(focused) => {
                let is_inside = focused.layer_id == ui.layer_id() && rect.intersects(focused.interact_rect);
                if is_inside {
                    self.last = Some(pane);
                }
                is_inside
            }
            None => is_alone || self.last == Some(pane),
        };
        let is_covered = ctx.memory(|memory| memory.top_modal_layer().is_some());
        let keys = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);
        is_here && !is_covered && ui.input_mut(|input| input.consume_shortcut(&keys))
    }
}

#[cfg(test)]
mod tests {
    use egui::{Context, Event, Pos2, RawInput, Rect, TextEdit, pos2, vec2};

    use super::*;

    struct Panes {
        ctx: Context,
        enter: EnterKey,
        texts: [String; 2],
    }

    impl Panes {
        /// Draws panes side by side; which of them Ctrl+Enter was for.
        fn frame(&mut self, shown: &[WorkshopPane], events: Vec<Event>) -> Vec<WorkshopPane> {
            let mut taken = Vec::new();
            let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(400.0, 200.0)));
            let input = RawInput { events, screen_rect, ..RawInput::default() };
            let _ = self.ctx.clone().run_ui(input, |ui| {
                ui.columns(2, |columns| {
                    for &pane in shown {
                        let ui = &mut columns[pane as usize];
                        if self.enter.take(ui, pane) {
                            taken.push(pane);
                        }
                        ui.add(TextEdit::multiline(&mut self.texts[pane as usize]).id_salt(pane as usize));
                    }
                });
            });
            taken
        }

        fn click(&mut self, shown: &[WorkshopPane], pos: Pos2) {
            let button = |pressed| Event::PointerButton {
                pos,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            };
            self.frame(shown, vec![Event::PointerMoved(pos)]);
            self.frame(shown, vec![button(true)]);
            self.frame(shown, vec![button(false)]);
        }

        fn enter(&mut self, shown: &[WorkshopPane]) -> Vec<WorkshopPane> {
            let key = Event::Key {
                key: Key::Enter,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers: Modifiers::COMMAND,
            };
            self.frame(shown, vec![key])
        }
    }

    #[test]
    fn the_keys_are_for_one_pane() {
        use WorkshopPane::{Data, Model};
        let texts = [String::new(), String::new()];
        let mut panes = Panes { ctx: Context::default(), enter: EnterKey::default(), texts };
        panes.frame(&[Model, Data], Vec::new());
        assert_eq!(panes.enter(&[Model, Data]), [], "nobody knows which");
        for (pane, place) in [(Data, pos2(300.0, 20.0)), (Model, pos2(100.0, 20.0))] {
            panes.click(&[Model, Data], place);
            assert_eq!(panes.enter(&[Model, Data]), [pane], "the one that is typed in");
            panes.click(&[Model, Data], place + vec2(0.0, 150.0));
            assert_eq!(panes.enter(&[Model, Data]), [pane], "the one that was clicked last");
        }
        assert_eq!(panes.texts, ["", ""], "no text sees the keys");
        panes.frame(&[Data], Vec::new());
        panes.frame(&[Data], Vec::new());
        assert_eq!(panes.enter(&[Data]), [Data], "the only one in sight");
    }
}
