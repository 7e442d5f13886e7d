//! The device in the status line: how fast each device is on the network at hand, why this one computes, and the other by one
//! click.

use egui::{Button, Label, Popup, RichText, Role, Sense, Ui};

use crate::config::DeviceChoice;
use crate::protocol::{Command, DeviceReason, DeviceReport, DeviceRow, Rates, Timed};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

/// Room for the sentences, in points.
const WIDTH: f32 = 320.0;

/// The name of the device, which opens the menu once there is something to say.
pub fn device_ui(ui: &mut Ui, device: &str, seen: Seen<'_>, asks: &mut Asks) {
    let text = RichText::new(device).small();
    let Some(report) = seen.model.devices.as_deref() else {
        ui.add(Label::new(text).truncate()).on_hover_text(device);
        return;
    };
    let response = ui.add(Label::new(text).truncate().sense(Sense::click()));
    widgets::name(&response, Role::Button, &format!("Device: {device}"));
    Popup::menu(&response).show(|ui| menu_ui(ui, report, asks));
    response.on_hover_text(format!("{device}: {}", reason_words(report)));
}

fn menu_ui(ui: &mut Ui, report: &DeviceReport, asks: &mut Asks) {
    ui.set_max_width(WIDTH);
    ui.label(reason_words(report));
    for row in &report.rows {
        ui.separator();
        row_ui(ui, report, row, asks);
    }
    if let Some(words) = basis_words(report) {
        ui.separator();
        ui.label(RichText::new(words).small().color(Tokens::of(ui).weak.0));
    }
    if report.asked != DeviceChoice::Auto && report.rows.len() > 1 {
        ui.separator();
        let button = ui.button("Take the faster one by itself");
        if button.on_hover_text("Times a step and a slice of each experiment on both devices.").clicked() {
            asks.send(Command::UseDevice(DeviceChoice::Auto));
            ui.close();
        }
    }
}

fn row_ui(ui: &mut Ui, report: &DeviceReport, row: &DeviceRow, asks: &mut Asks) {
    ui.label(RichText::new(&row.name).strong());
    ui.label(speed_words(row, report));
    if row.choice == report.used {
        ui.label(RichText::new("computes now").color(Tokens::of(ui).weak.0));
        return;
    }
    let words = format!("Use {}", short_name(row.choice));
    let help =
        "All runs go on there from the steps at which they stand. Steps before these cannot be gone back to then.";
    if ui.add(Button::new(words)).on_hover_text(help).clicked() {
        asks.send(Command::UseDevice(row.choice));
        ui.close();
    }
}

const fn short_name(choice: DeviceChoice) -> &'static str {
    if matches!(choice, DeviceChoice::Gpu) { "the GPU" } else { "the CPU" }
}

fn speed_words(row: &DeviceRow, report: &DeviceReport) -> String {
    match &row.timed {
        Timed::At(Rates { steps, slices }) => {
            let method = report.method.map_or(String::new(), |method| format!(" of {}", method.label()));
            format!("{} steps/s{method}, {} slices/s", format::number(*steps), format::number(*slices))
        }
        Timed::Failed(reason) => format!("could not be timed: {}", reason.trim_end_matches('.')),
        Timed::Not if report.reason == DeviceReason::Timing => "not timed yet".to_owned(),
        Timed::Not => "not timed".to_owned(),
    }
}

/// Why the device computes, in one sentence.
fn reason_words(report: &DeviceReport) -> String {
    let [this, other] = match report.used {
        DeviceChoice::Gpu => ["GPU", "CPU"],
        _ => ["CPU", "GPU"],
    };
    match report.reason {
        DeviceReason::Asked => format!("The {this} computes because it was asked for."),
        DeviceReason::Alone => "The CPU computes: no hardware GPU was found that starts.".to_owned(),
        DeviceReason::Timing => {
            "The CPU begins. Kernels are compiled for the GPU meanwhile; then a step and a slice are timed on both."
                .to_owned()
        }
        DeviceReason::Faster => format!("The {this} computes because it is faster with this network."),
        DeviceReason::Equal => "The CPU computes: with this network both are about as fast.".to_owned(),
        DeviceReason::Begun => format!(
            "The {other} is faster with this network, but the runs had begun when that was known. It takes the network when it \
             is loaded again."
        ),
        DeviceReason::OtherFailed => format!("The {this} computes because the {other} failed."),
    }
}

/// How the rates were measured, where there are any.
fn basis_words(report: &DeviceReport) -> Option<String> {
    let is_timed = report.rows.iter().any(|row| matches!(row.timed, Timed::At(_)));
    let when = if report.is_kept { "at an earlier start" } else { "when the experiment was loaded" };
    let measured = format!("Timed {when}, while nothing else computed, with this network and batch.");
    is_timed.then_some(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_names_the_device_that_computes() {
        let reasons = [
            DeviceReason::Asked,
            DeviceReason::Alone,
            DeviceReason::Timing,
            DeviceReason::Faster,
            DeviceReason::Equal,
            DeviceReason::Begun,
            DeviceReason::OtherFailed,
        ];
        let of = |reason, used| {
            let report = DeviceReport {
                asked: DeviceChoice::Auto,
                used,
                reason,
                rows: Vec::new(),
                method: None,
                is_kept: false,
            };
            reason_words(&report)
        };
        for reason in reasons {
            let words = of(reason, DeviceChoice::Cpu);
            assert!(
                words.starts_with("The ")
                    && words.ends_with('.')
                    && words.contains("CPU") != (reason == DeviceReason::Begun),
                "{words}"
            );
        }
        assert_eq!(
            of(DeviceReason::Faster, DeviceChoice::Gpu),
            "The GPU computes because it is faster with this network."
        );
    }
}
