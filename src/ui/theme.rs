//! Colours and text sizes: the only place that names a colour. Tokens stand in `assets/theme.toml`.

use std::sync::LazyLock;

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme};

use crate::config::OptimizerKind;

/// The colours of one theme, by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Behind the landscapes and charts.
    pub background: Token,
    /// Behind controls.
    pub panel: Token,
    /// Buttons and value boxes.
    pub raised: Token,
    /// Buttons under the pointer.
    pub hovered: Token,
    /// Lines between panels.
    pub outline: Token,
    /// Grid lines of charts.
    pub grid: Token,
    /// Text.
    pub text: Token,
    /// Text of the second rank.
    pub weak: Token,
    /// The one button that starts and pauses.
    pub accent: Token,
    /// Text on it.
    pub on_accent: Token,
    /// Warnings.
    pub warning: Token,
    /// Failures.
    pub error: Token,
    /// Markers of knob turns.
    pub marker: Token,
    /// Runs of SGD.
    pub sgd: Token,
    /// Runs of SAM.
    pub sam: Token,
    /// Runs of NSO.
    pub nso: Token,
    /// Further runs of an optimiser, and tensors of a stack.
    pub runs: [Token; Tokens::NUM_RUN_COLORS],
}

/// A colour of the theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Token(pub Color32);

impl TryFrom<String> for Token {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Color32::from_hex(&text).map(Self).map_err(|_| format!("`{text}` is not a colour such as #1b1f26"))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Themes {
    dark: Tokens,
    light: Tokens,
}

static THEMES: LazyLock<Themes> = LazyLock::new(|| {
    toml::from_str(include_str!("../../assets/theme.toml")).expect("the embedded theme is tested to be valid")
});

/// Text drawn on a landscape, which is colourful in both themes.
pub const ON_LANDSCAPE: Color32 = Color32::WHITE;
/// Behind text on a landscape.
pub const LANDSCAPE_SHADE: Color32 = Color32::from_black_alpha(185);
/// Behind the numbers of iso-lines on a landscape.
pub const LANDSCAPE_TINT: Color32 = Color32::from_black_alpha(110);
/// The path and its companions on a landscape.
pub const PATH: Color32 = Color32::from_rgba_premultiplied(210, 210, 210, 210);
/// Lines through the pointer on a landscape.
pub const CROSSHAIR: Color32 = Color32::from_rgba_premultiplied(90, 90, 90, 90);
/// Outline of light things on a landscape.
pub const PATH_SHADE: Color32 = Color32::from_black_alpha(120);

impl Tokens {
    /// The tokens of the theme that `ui` is drawn in.
    #[must_use]
    pub fn of(ui: &egui::Ui) -> &'static Self {
        Self::for_theme(if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light })
    }

    /// The tokens of a theme.
    #[must_use]
    pub fn for_theme(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark => &THEMES.dark,
            Theme::Light => &THEMES.light,
        }
    }

    /// Colours for further runs.
    pub const NUM_RUN_COLORS: usize = 8;

    /// A colour for a further run; there are [`Self::NUM_RUN_COLORS`], then they begin again.
    #[must_use]
    pub const fn run_color(&self, index: usize) -> Color32 {
        self.runs[index % Self::NUM_RUN_COLORS].0
    }

    /// The colour of runs of an optimiser.
    #[must_use]
    pub const fn run(&self, optimizer: OptimizerKind) -> Color32 {
        match optimizer {
            OptimizerKind::Sgd => self.sgd.0,
            OptimizerKind::Sam => self.sam.0,
            OptimizerKind::Nso => self.nso.0,
        }
    }
}

/// A colour as shares of 1 that are not multiplied by alpha, as pipelines take it.
#[must_use]
pub fn channels(color: Color32) -> [f32; 4] {
    color.to_srgba_unmultiplied().map(|channel| f32::from(channel) / 255.0)
}

/// A colour of the colour map.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the theme, which may name colours")]
pub const fn map_color([r, g, b, _]: [u8; 4]) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// Text style of chart and section titles.
#[must_use]
pub fn title_style() -> TextStyle {
    TextStyle::Name("title".into())
}

/// Installs both themes; which one is shown follows the system.
pub fn install(ctx: &egui::Context) {
    let mut fonts = egui::FontDefinitions::default();
    // The text font lacks arrows and the bars of a norm; the monospace font has them.
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_owned());
    let icons = egui::FontData::from_static(include_bytes!("../../assets/icons/phosphor-subset.ttf"));
    fonts.font_data.insert("Phosphor".to_owned(), std::sync::Arc::new(icons));
    fonts.families.entry(FontFamily::Proportional).or_default().push("Phosphor".to_owned());
    ctx.set_fonts(fonts);
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| apply(style, Tokens::for_theme(theme)));
    }
}

fn apply(style: &mut egui::Style, tokens: &Tokens) {
    let size = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, size(12.0)),
        (TextStyle::Body, size(13.0)),
        (TextStyle::Button, size(13.0)),
        (title_style(), size(13.5)),
        (TextStyle::Heading, size(15.0)),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]
    .into();
    style.spacing.item_spacing = egui::vec2(8.0, 5.0);
    style.spacing.button_padding = egui::vec2(9.0, 4.0);
    style.spacing.interact_size.y = 22.0;
    style.spacing.slider_rail_height = 4.0;
    style.spacing.tooltip_width = 320.0;
    style.interaction.tooltip_delay = 0.4;
    apply_visuals(&mut style.visuals, tokens);
}

fn apply_visuals(visuals: &mut egui::Visuals, tokens: &Tokens) {
    visuals.panel_fill = tokens.panel.0;
    visuals.window_fill = tokens.panel.0;
    visuals.window_stroke = Stroke::new(1.0, tokens.outline.0);
    visuals.extreme_bg_color = tokens.background.0;
    visuals.faint_bg_color = tokens.raised.0;
    visuals.weak_text_color = Some(tokens.weak.0);
    visuals.warn_fg_color = tokens.warning.0;
    visuals.error_fg_color = tokens.error.0;
    visuals.selection.bg_fill = tokens.hovered.0;
    visuals.selection.stroke = Stroke::new(1.0, tokens.text.0);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(5);
        widget.fg_stroke = Stroke::new(1.0, tokens.text.0);
        widget.bg_stroke = Stroke::NONE;
        widget.bg_fill = tokens.raised.0;
        widget.weak_bg_fill = tokens.raised.0;
        widget.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, tokens.outline.0);
    widgets.noninteractive.bg_fill = tokens.panel.0;
    for widget in [&mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
        widget.bg_fill = tokens.hovered.0;
        widget.weak_bg_fill = tokens.hovered.0;
    }
    widgets.hovered.bg_stroke = Stroke::new(1.0, tokens.weak.0);
    widgets.active.bg_stroke = Stroke::new(1.0, tokens.text.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.
    fn luminance(color: Color32) -> f64 {
        let [r, g, b] = [color.r(), color.g(), color.b()].map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_stands_out_from_every_surface() {
        let mut failures = Vec::new();
        for theme in [Theme::Dark, Theme::Light] {
            let t = Tokens::for_theme(theme);
            let mut check = |name: &str, front: Token, back: Token, least: f64| {
                let found = contrast(front.0, back.0);
                if found < least {
                    failures.push(format!("{theme:?} {name}: {found:.2}, expected {least}"));
                }
            };
            for (name, back) in [("background", t.background), ("panel", t.panel), ("raised", t.raised)] {
                check(&format!("text on {name}"), t.text, back, 4.5);
                check(&format!("weak on {name}"), t.weak, back, 4.5);
            }
            check("text on hovered", t.text, t.hovered, 4.5);
            check("text on the accent", t.on_accent, t.accent, 4.5);
            for (name, front) in [("warning", t.warning), ("error", t.error), ("marker", t.marker)] {
                check(name, front, t.background, 4.5);
                check(name, front, t.panel, 4.5);
            }
            for (name, front) in [("sgd", t.sgd), ("sam", t.sam), ("nso", t.nso)] {
                check(name, front, t.background, 3.0);
            }
            for (index, front) in t.runs.into_iter().enumerate() {
                check(&format!("run {index}"), front, t.background, 3.0);
                check(&format!("run {index}"), front, t.panel, 3.0);
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    #[test]
    fn colours_of_runs_can_be_told_apart() {
        for theme in [Theme::Dark, Theme::Light] {
            let t = Tokens::for_theme(theme);
            let colors: Vec<Color32> = t.runs.iter().chain([&t.sgd, &t.sam, &t.nso]).map(|token| token.0).collect();
            for (i, a) in colors.iter().enumerate() {
                for b in &colors[i + 1..] {
                    let apart = |x: u8, y: u8| f64::from(x.abs_diff(y)).powi(2);
                    let distance = (apart(a.r(), b.r()) + apart(a.g(), b.g()) + apart(a.b(), b.b())).sqrt();
                    assert!(distance > 40.0, "{theme:?}: {a:?} and {b:?} are {distance:.0} apart");
                }
            }
        }
    }
}
