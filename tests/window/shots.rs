//! TEMP
use crate::fixture::*;
use egui::{Key, Modifiers, vec2};
#[test]
fn shots() {
    for (count, size, zoom, keys) in [
        (5u32, [1280.0, 800.0], 0usize, vec![Key::M]),
        (5, [800.0, 560.0], 0, vec![Key::M]),
        (3, [800.0, 560.0], 2, vec![Key::M]),
        (9, [1024.0, 640.0], 1, vec![]),
        (3, [1280.0, 800.0], 0, vec![Key::C]),
        (1, [1440.0, 900.0], 1, vec![]),
        (9, [1440.0, 900.0], 0, vec![]),
        (3, [1024.0, 640.0], 2, vec![Key::C]),
        (3, [800.0, 560.0], 0, vec![]),
        (5, [800.0, 560.0], 2, vec![]),
    ] {
        let mut window = crate::whole::with_runs(sized([1440.0, 900.0]).drawn(), count);
        crate::whole::measure(&mut window);
        crate::whole::resize(&mut window, size, zoom);
        for key in &keys {
            window.press(*key);
        }
        if keys.is_empty() {
            crate::whole::read(&mut window);
        }
        window.harness.run_steps(3);
        let image = window.harness.render().unwrap();
        image.save(format!("/tmp/layout-shots/{count}-{}x{}-{zoom}-{:?}.png", size[0], size[1], keys)).unwrap();
        let _ = (Modifiers::NONE, vec2(0.0, 0.0));
    }
}
