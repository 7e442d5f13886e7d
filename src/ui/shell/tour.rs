//! The tour of the first start: six cards, each beside the part of the window that it speaks of. Nothing is blocked
//! meanwhile: the runs train on, and every control works.

use egui::{
    Area, Context, Frame, Id, Key, LayerId, Modifiers, Order, Pos2, Rect, RichText, Shape, Stroke, StrokeKind, Ui,
    Vec2, pos2, vec2,
};

use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::pane::Pane;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::widgets;

/// A part of the window that a card can stand beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The bar at the top.
    TopBar,
    /// The choice of layouts in it.
    Layouts,
    /// The line at the bottom.
    Status,
    /// A pane that is in front.
    Pane(Pane),
}

struct Step {
    anchor: Anchor,
    title: &'static str,
    /// Each `{}` stands for the keys of one of `commands`.
    text: &'static str,
    commands: &'static [UiCommand],
}

impl Step {
    /// The text with the keys as they are called on this system.
    fn words(&self, ctx: &Context) -> String {
        let mut words = self.text.to_owned();
        for command in self.commands {
            words = words.replacen("{}", &shortcut_words(ctx, *command), 1);
        }
        words
    }
}

const STEPS: [Step; 6] = [
    Step {
        anchor: Anchor::Pane(Pane::Landscapes),
        title: "The loss around each run",
        text: "One network, trained in several ways from the same start. Each picture is a slice of the loss around its \
               weights; point at it to read values.",
        commands: &[],
    },
    Step {
        anchor: Anchor::Pane(Pane::Runs),
        title: "Runs and knobs",
        text: "Select a run and turn its knobs while it trains. They act at the next step, the charts mark the place, and \
               {} turns back.",
        commands: &[UiCommand::Undo],
    },
    Step {
        anchor: Anchor::TopBar,
        title: "Play, step, branch",
        text: "The experiment, play and pause, and a slider that shares the time: to the left more steps a second, to the \
               right fresher pictures.",
        commands: &[],
    },
    Step {
        anchor: Anchor::Pane(Pane::Charts),
        title: "What the numbers do",
        text: "Loss, Hessian trace and λmax over the runs. A small trace is not yet a good network: test accuracy stands \
               beside it.",
        commands: &[],
    },
    Step {
        anchor: Anchor::Layouts,
        title: "Other views",
        text: "Compare has the table of the runs, Teach the guide with lessons. Panes can be dragged; {} opens measurements \
               on request.",
        commands: &[UiCommand::Pane(Pane::Measure)],
    },
    Step {
        anchor: Anchor::Status,
        title: "Device, speed, notices",
        text: "{} explains what is under the pointer, {} finds every command, {} lists the keys. The tour is in the menu \
               under Help.",
        commands: &[UiCommand::Pane(Pane::Guide), UiCommand::Palette, UiCommand::Shortcuts],
    },
];

/// Free room around a card, in points.
const MARGIN: f32 = 8.0;
/// Between a card and what it points at: the arrow's length.
const GAP: f32 = 9.0;
const CARD_WIDTH: f32 = 350.0;

/// The tour, and where it is.
#[derive(Debug, Default)]
pub struct Tour {
    step: Option<usize>,
    anchors: Vec<(Anchor, Rect)>,
    /// The pane of this step was in front, or was asked for: what the user puts before it stays there.
    is_asked: bool,
    /// Of the card, as it was last drawn.
    size: Option<Vec2>,
}

impl Tour {
    /// Begins at the first step.
    pub fn start(&mut self) {
        self.turn_to(Some(0));
    }

    /// Begins beside what the window opens with, such as a file that was named.
    pub fn start_beside(&mut self) {
        self.start();
        self.is_asked = true;
    }

    /// Tells where a part of the window is in this frame.
    pub fn anchor(&mut self, anchor: Anchor, rect: Rect) {
        if self.step.is_some() {
            self.anchors.push((anchor, rect));
        }
    }

    fn turn_to(&mut self, step: Option<usize>) {
        self.step = step;
        self.is_asked = false;
    }

    /// Where the step points, if that can be seen. Forgets the places of this frame.
    fn take_place(&mut self, anchor: Anchor) -> Option<Rect> {
        let found = self.anchors.iter().find(|(other, _)| *other == anchor).map(|(_, rect)| *rect);
        self.anchors.clear();
        found.filter(Rect::is_positive)
    }
}

/// What the user wants of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Back,
    Next,
    Skip,
}

/// Draws the card of the step, unless a dialog covers the window. True when the tour has ended in this frame.
pub fn tour_ui(ctx: &Context, tour: &mut Tour, is_covered: bool, asks: &mut Asks) -> bool {
    let Some(index) = tour.step.filter(|index| *index < STEPS.len()) else { return false };
    let step = &STEPS[index];
    let anchor = tour.take_place(step.anchor);
    if is_covered {
        return false;
    }
    if let (None, Anchor::Pane(pane), false) = (anchor, step.anchor, tour.is_asked) {
        asks.push(Ask::Show(pane));
    }
    tour.is_asked = true;
    let screen = ctx.content_rect().shrink(MARGIN);
    let width = CARD_WIDTH.min(screen.width());
    let size = vec2(width, tour.size.map_or(130.0, |size| size.y));
    let place = place(screen, anchor.unwrap_or_else(|| Rect::from_pos(screen.center_bottom())), size);
    if let Some(anchor) = anchor {
        point_at(ctx, anchor, place);
    }
    let by_key = pressed(ctx);
    let shown = Area::new(Id::unique("tour")).order(Order::Middle).fixed_pos(place.min).show(ctx, |ui| {
        let tokens = Tokens::of(ui);
        let frame = Frame::window(ui.style()).inner_margin(10).stroke(Stroke::new(1.0, tokens.accent.0));
        frame.show(ui, |ui| card_ui(ui, step, index, width - 22.0)).inner
    });
    let size = shown.response.rect.size();
    if tour.size.is_none_or(|old| (old - size).abs().max_elem() > 0.5) {
        tour.size = Some(size);
        ctx.request_repaint();
    }
    let next = match by_key.or(shown.inner) {
        None => return false,
        Some(Turn::Back) => Some(index.saturating_sub(1)),
        Some(Turn::Next) => Some(index + 1).filter(|next| *next < STEPS.len()),
        Some(Turn::Skip) => None,
    };
    tour.turn_to(next);
    ctx.request_repaint();
    next.is_none()
}

fn card_ui(ui: &mut Ui, step: &Step, index: usize, width: f32) -> Option<Turn> {
    ui.set_width(width);
    ui.label(RichText::new(step.title).text_style(theme::title_style()).strong());
    ui.label(step.words(ui.ctx()));
    ui.add_space(2.0);
    let mut turn = None;
    ui.horizontal(|ui| {
        widgets::small_weak_ui(ui, format!("{} of {}", index + 1, STEPS.len()));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let is_last = index + 1 == STEPS.len();
            let tokens = Tokens::of(ui);
            let words = RichText::new(if is_last { "Done" } else { "Next" }).color(tokens.on_accent.0);
            if ui.add(egui::Button::new(words).fill(tokens.accent.0)).on_hover_text("Enter or →").clicked() {
                turn = Some(Turn::Next);
            }
            if ui.add_enabled(index > 0, egui::Button::new("Back")).on_hover_text("←").clicked() {
                turn = Some(Turn::Back);
            }
            if !is_last && ui.button("Skip the tour").on_hover_text("Escape").clicked() {
                turn = Some(Turn::Skip);
            }
        });
    });
    turn
}

/// Keys that turn the card, unless a control has the keyboard.
fn pressed(ctx: &Context) -> Option<Turn> {
    let has_focus = ctx.memory(|memory| memory.focused().is_some());
    ctx.input_mut(|input| {
        let mut take = |key| input.consume_key(Modifiers::NONE, key);
        if take(Key::Escape) {
            return Some(Turn::Skip);
        }
        if has_focus {
            return None;
        }
        if take(Key::Enter) || take(Key::ArrowRight) {
            return Some(Turn::Next);
        }
        take(Key::ArrowLeft).then_some(Turn::Back)
    })
}

/// Where a card of `size` stands: beside the anchor where there is room for it, else at the side with the most room.
fn place(screen: Rect, anchor: Rect, size: Vec2) -> Rect {
    let x = anchor.center().x - size.x / 2.0;
    let y = anchor.center().y - size.y / 2.0;
    // Below, above, right, left: free room in points that the card does not need, and its corner there.
    let sides = [
        (screen.bottom() - anchor.bottom() - GAP - size.y, pos2(x, anchor.bottom() + GAP)),
        (anchor.top() - screen.top() - GAP - size.y, pos2(x, anchor.top() - GAP - size.y)),
        (screen.right() - anchor.right() - GAP - size.x, pos2(anchor.right() + GAP, y)),
        (anchor.left() - screen.left() - GAP - size.x, pos2(anchor.left() - GAP - size.x, y)),
    ];
    let most = || sides.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|side| side.1);
    let corner = sides.iter().find(|side| side.0 >= 0.0).map(|side| side.1).or_else(most).unwrap_or(screen.min);
    let last = (screen.max - size).max(screen.min);
    Rect::from_min_size(corner.clamp(screen.min, last), size)
}

/// An outline around what the card speaks of, and an arrow from the card to it.
fn point_at(ctx: &Context, anchor: Rect, card: Rect) {
    let color = Tokens::for_theme(ctx.theme()).accent.0;
    let painter = ctx.layer_painter(LayerId::new(Order::Middle, Id::unique("tour outline")));
    painter.rect_stroke(anchor, 6, Stroke::new(2.0, color), StrokeKind::Inside);
    let tip = anchor.clamp(card.center());
    let base = card.clamp(tip);
    let along = tip - base;
    if along.length() < 2.0 || along.length() > 3.0 * GAP {
        return;
    }
    let across = along.rot90().normalized() * 6.0;
    let points: Vec<Pos2> = vec![base + across, tip, base - across];
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_stands_beside_what_it_points_at_and_inside_the_window() {
        let size = vec2(CARD_WIDTH, 130.0);
        for [width, height] in [[640.0, 420.0], [1280.0, 800.0]] {
            let screen = Rect::from_min_size(Pos2::ZERO, vec2(width, height)).shrink(MARGIN);
            let part = |left: f32, top: f32, right: f32, bottom: f32| {
                Rect::from_min_max(pos2(left * width, top * height), pos2(right * width, bottom * height))
            };
            let anchors = [
                part(0.0, 0.0, 1.0, 0.09),
                part(0.0, 0.15, 0.17, 0.93),
                part(0.18, 0.16, 1.0, 0.61),
                part(0.18, 0.7, 1.0, 0.93),
                part(0.7, 0.0, 0.95, 0.08),
                part(0.0, 0.94, 1.0, 1.0),
            ];
            for anchor in anchors {
                let card = place(screen, anchor, size);
                assert!(screen.contains_rect(card), "{card} in {screen}");
                assert!(!card.intersects(anchor), "{card} beside {anchor}");
            }
        }
    }

    #[test]
    fn keys_in_the_texts_are_those_of_the_commands() {
        let ctx = Context::default();
        for step in &STEPS {
            assert_eq!(step.text.matches("{}").count(), step.commands.len(), "{}", step.title);
            assert!(!step.words(&ctx).contains("{}"), "{}", step.title);
        }
        ctx.set_os(egui::os::OperatingSystem::Mac);
        assert!(STEPS[1].words(&ctx).contains("⌘Z"), "{}", STEPS[1].words(&ctx));
        ctx.set_os(egui::os::OperatingSystem::Nix);
        assert!(STEPS[1].words(&ctx).contains("Ctrl+Z"), "{}", STEPS[1].words(&ctx));
    }

    #[test]
    fn a_card_without_room_stays_inside_the_window() {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 420.0));
        let card = place(screen, screen.shrink(20.0), vec2(350.0, 130.0));
        assert!(screen.contains_rect(card), "{card}");
        let small = Rect::from_min_size(Pos2::ZERO, vec2(200.0, 100.0));
        assert_eq!(place(small, small, vec2(350.0, 130.0)).min, Pos2::ZERO);
    }
}
