//! Colours and text sizes: the only place that names a colour. Tokens stand in `assets/theme.toml`.

use std::sync::LazyLock;

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme};

use super::cells;

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
    /// Links.
    pub link: Token,
    /// Behind selected text and chosen rows.
    pub selection: Token,
    /// Warnings.
    pub warning: Token,
    /// Failures.
    pub error: Token,
    /// Markers of knob turns.
    pub marker: Token,
    /// Further runs of an optimiser, and tensors of a stack.
    pub runs: [Token; Tokens::NUM_RUN_COLORS],
    /// Classes of a data set, in the order of their numbers; more classes begin again.
    pub classes: [Token; 10],
    /// Whether it is the dark theme.
    #[serde(skip)]
    pub is_dark: bool,
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
    let themes: Themes =
        toml::from_str(include_str!("../../../assets/theme.toml")).expect("the embedded theme is tested to be valid");
    Themes { dark: Tokens { is_dark: true, ..themes.dark }, ..themes }
});

/// The light theme on white paper.
static PAPER: LazyLock<Tokens> = LazyLock::new(|| {
    let white = Token(Color32::WHITE);
    Tokens { background: white, panel: white, ..THEMES.light }
});

/// Text drawn on a landscape, which is colourful in both themes.
pub const ON_LANDSCAPE: Color32 = Color32::WHITE;
/// Behind text on a landscape.
pub const LANDSCAPE_SHADE: Color32 = Color32::from_black_alpha(185);
/// Text drawn on the light colours of a landscape.
pub const INK: Color32 = Color32::BLACK;
/// From this luminance on, by WCAG, black stands out from a colour more than white.
const LIGHT: f32 = 0.18;
/// The path and its companions on a landscape.
pub const PATH: Color32 = Color32::from_rgba_premultiplied(210, 210, 210, 210);
/// Lines through the pointer on a landscape.
pub const CROSSHAIR: Color32 = Color32::from_rgba_premultiplied(90, 90, 90, 90);
/// Outline of light things on a landscape.
pub const PATH_SHADE: Color32 = Color32::from_black_alpha(120);

/// How much of a control that is switched off is drawn: its words stay readable.
const DISABLED_ALPHA: f32 = 0.8;

impl Tokens {
    /// The tokens of the theme that `ui` is drawn in.
    #[must_use]
    pub fn of(ui: &egui::Ui) -> &'static Self {
        let visuals = ui.visuals();
        match visuals.dark_mode {
            true => Self::for_theme(Theme::Dark),
            // Panels of the light theme are not quite white.
            false if visuals.panel_fill == Color32::WHITE => Self::paper(),
            false => Self::for_theme(Theme::Light),
        }
    }

    /// The tokens of figures for paper.
    #[must_use]
    pub fn paper() -> &'static Self {
        &PAPER
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

    /// The colour of a class.
    #[must_use]
    pub const fn class(&self, class: usize) -> Color32 {
        self.classes[class % self.classes.len()].0
    }
}

/// A colour as shares of 1 that are not multiplied by alpha, as pipelines take it.
#[must_use]
pub fn channels(color: Color32) -> [f32; 4] {
    color.to_srgba_unmultiplied().map(|channel| f32::from(channel) / 255.0)
}

/// A colour of the colour map.
#[must_use]
pub const fn map_color([r, g, b, _]: [u8; 4]) -> Color32 {
    ink([r, g, b])
}

/// The colour that a table of another tier has as red, green and blue.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the theme, which may name colours")]
pub const fn ink([red, green, blue]: [u8; 3]) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// The colour of text on a colour of the colour map: the one that stands out more.
#[must_use]
pub fn ink_on(color: Color32) -> Color32 {
    let light = egui::Rgba::from(color);
    let luminance = 0.2126 * light.r() + 0.7152 * light.g() + 0.0722 * light.b();
    if luminance > LIGHT { INK } else { ON_LANDSCAPE }
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
    let icons = egui::FontData::from_static(include_bytes!("../../../assets/icons/phosphor-subset.ttf"));
    fonts.font_data.insert("Phosphor".to_owned(), std::sync::Arc::new(icons));
    fonts.families.entry(FontFamily::Proportional).or_default().push("Phosphor".to_owned());
    ctx.set_fonts(fonts);
    ctx.add_glyph_rasterizer(cells::rasterizer());
    // There are three sizes, by commands of our own: egui's would be others, and would not be kept.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| apply(style, Tokens::for_theme(theme)));
    }
}

/// Lets the window move by itself, or has everything be at once where it goes.
pub fn set_motion(ctx: &egui::Context, is_on: bool) {
    let usual = egui::Style::default();
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| {
            (style.animation_time, style.scroll_animation) = if is_on {
                (usual.animation_time, usual.scroll_animation)
            } else {
                (0.0, egui::style::ScrollAnimation::none())
            };
        });
    }
}

/// Whether the window moves by itself.
#[must_use]
pub fn has_motion(ui: &egui::Ui) -> bool {
    ui.style().animation_time > 0.0
}

/// Puts white paper in place of the light theme, and shows that.
pub fn install_paper(ctx: &egui::Context) {
    ctx.set_theme(Theme::Light);
    ctx.style_mut_of(Theme::Light, |style| apply_visuals(&mut style.visuals, Tokens::paper()));
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
    // Lists and forms are as high as the window lets them be.
    style.spacing.default_area_size.y = 4000.0;
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
    visuals.hyperlink_color = tokens.link.0;
    visuals.code_bg_color = tokens.raised.0;
    // A cursor that blinks is a frame every half second, for as long as a box has the keyboard.
    visuals.text_cursor.blink = false;
    visuals.disabled_alpha = DISABLED_ALPHA;
    visuals.selection.bg_fill = tokens.selection.0;
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
mod tests;
