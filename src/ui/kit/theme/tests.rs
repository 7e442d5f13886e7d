//! Colours against each other: contrasts by WCAG 2, and what can be told apart.

mod vision;

use super::*;
use crate::config::OptimizerKind;

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

/// The colours of the methods.
fn methods(t: &Tokens) -> [Token; OptimizerKind::ALL.len()] {
    OptimizerKind::ALL.map(|kind| Token(t.run(kind)))
}

/// Least contrast of text, and of marks.
const TEXT: f64 = 4.5;
const LINE: f64 = 3.0;

/// `front` with its alpha over an opaque `back`, as egui blends: in gamma space.
fn over(front: Color32, back: Color32) -> Color32 {
    back.blend(front)
}

/// Runs `check(name, front, back, least)` for both themes and tells all failures at once.
fn check_themes(checks: impl Fn(&Tokens, &mut dyn FnMut(String, Color32, Color32, f64))) {
    let mut failures = Vec::new();
    for theme in [Theme::Dark, Theme::Light] {
        checks(Tokens::for_theme(theme), &mut |name, front, back, least| {
            let found = contrast(front, back);
            if found < least {
                failures.push(format!("{theme:?} {name}: {found:.2}, expected {least}"));
            }
        });
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn colours_of_runs_can_be_told_apart() {
    for theme in [Theme::Dark, Theme::Light] {
        let t = Tokens::for_theme(theme);
        let colors: Vec<Color32> = t.runs.into_iter().chain(methods(t)).map(|token| token.0).collect();
        for (i, a) in colors.iter().enumerate() {
            for b in &colors[i + 1..] {
                let apart = |x: u8, y: u8| f64::from(x.abs_diff(y)).powi(2);
                let distance = (apart(a.r(), b.r()) + apart(a.g(), b.g()) + apart(a.b(), b.b())).sqrt();
                assert!(distance > 40.0, "{theme:?}: {a:?} and {b:?} are {distance:.0} apart");
            }
        }
    }
}

#[test]
fn text_stands_out_from_every_surface() {
    check_themes(|t, check| {
        let surfaces = [
            ("background", t.background),
            ("panel", t.panel),
            ("raised", t.raised),
            ("hovered", t.hovered),
            ("selection", t.selection),
        ];
        let texts = [
            ("text", t.text),
            ("weak", t.weak),
            ("link", t.link),
            ("warning", t.warning),
            ("error", t.error),
            ("marker", t.marker),
        ];
        for (surface, back) in surfaces {
            for (name, front) in texts {
                check(format!("{name} on {surface}"), front.0, back.0, TEXT);
            }
        }
        check("text on the accent".to_owned(), t.on_accent.0, t.accent.0, TEXT);
        for (class, front) in t.classes.into_iter().enumerate() {
            check(format!("class {class}"), front.0, t.background.0, LINE);
        }
        for (index, front) in t.runs.into_iter().chain(methods(t)).enumerate() {
            check(format!("run {index} on the background"), front.0, t.background.0, TEXT);
            check(format!("run {index} on panels"), front.0, t.panel.0, TEXT);
        }
    });
}

#[test]
fn words_of_controls_that_are_switched_off_can_be_read() {
    check_themes(|t, check| {
        let fade = |color: Color32| color.gamma_multiply(DISABLED_ALPHA);
        let mut surfaces = vec![("panel", t.panel.0), ("background", t.background.0)];
        // The ground of a control fades with its words.
        surfaces.push(("a faded button", over(fade(t.raised.0), t.panel.0)));
        surfaces.push(("a faded button on the background", over(fade(t.raised.0), t.background.0)));
        surfaces.push(("a faded choice", over(fade(t.hovered.0), t.panel.0)));
        for (surface, back) in surfaces {
            for (name, front) in [("text", t.text), ("weak text", t.weak)] {
                // A choice that is made is written in full colour.
                if name == "text" || surface != "a faded choice" {
                    check(format!("faded {name} on {surface}"), over(fade(front.0), back), back, TEXT);
                }
            }
        }
    });
}

#[test]
fn text_stands_out_from_a_landscape() {
    // No colour map is brighter than white or darker than black.
    for map in [Color32::WHITE, Color32::BLACK] {
        let found = contrast(ON_LANDSCAPE, over(LANDSCAPE_SHADE, map));
        assert!(found >= TEXT, "on the shade over {map:?}: {found:.2}");
    }
}

#[test]
fn numbers_stand_out_from_every_colour_of_every_map() {
    for map in crate::render::ColorMap::ALL {
        for step in 0..256_u16 {
            let color = map_color(map.at(f32::from(step) / 255.0));
            let found = contrast(ink_on(color), color);
            assert!(found >= TEXT, "{map:?} at {step}: {found:.2}");
        }
    }
}

#[test]
fn motion_can_be_switched_off_and_on_in_both_themes() {
    let ctx = egui::Context::default();
    install(&ctx);
    let usual = ctx.style_of(Theme::Dark).animation_time;
    for (is_on, expected) in [(false, 0.0), (true, usual)] {
        set_motion(&ctx, is_on);
        assert_eq!([Theme::Dark, Theme::Light].map(|theme| ctx.style_of(theme).animation_time), [expected; 2]);
    }
}

#[test]
fn paper_is_white_and_its_colours_are_those_of_the_light_theme() {
    let (paper, light) = (Tokens::paper(), Tokens::for_theme(Theme::Light));
    assert_eq!((paper.background.0, paper.panel.0), (Color32::WHITE, Color32::WHITE));
    assert_eq!((paper.text, paper.runs, methods(paper)), (light.text, light.runs, methods(light)));
    assert_ne!(light.panel.0, Color32::WHITE, "or the two cannot be told apart");
}

#[test]
fn no_text_of_egui_keeps_a_colour_that_is_no_token() {
    for theme in [Theme::Dark, Theme::Light] {
        let t = Tokens::for_theme(theme);
        let ctx = egui::Context::default();
        install(&ctx);
        let style = ctx.style_of(theme);
        let visuals = &style.visuals;
        assert_eq!(visuals.hyperlink_color, t.link.0);
        assert_eq!(visuals.weak_text_color(), t.weak.0);
        assert_eq!(visuals.code_bg_color, t.raised.0);
        assert_eq!((visuals.warn_fg_color, visuals.error_fg_color), (t.warning.0, t.error.0));
        assert_eq!((visuals.selection.bg_fill, visuals.selection.stroke.color), (t.selection.0, t.text.0));
        assert_eq!((visuals.text_edit_bg_color(), visuals.override_text_color), (t.background.0, None));
        let widgets = &visuals.widgets;
        let all = [&widgets.noninteractive, &widgets.inactive, &widgets.hovered, &widgets.active, &widgets.open];
        for widget in all {
            assert_eq!(widget.fg_stroke.color, t.text.0);
            let fills = [t.raised.0, t.panel.0, t.hovered.0];
            assert!(fills.contains(&widget.bg_fill) && fills.contains(&widget.weak_bg_fill), "{theme:?}");
        }
    }
}
