//! The line on stderr that says which device `auto` took, and why.

use crate::config::DeviceChoice;
use crate::number::significant;
use crate::protocol::{DeviceReason, DeviceReport, DeviceRow, Rates, Timed};

/// "CPU (Flex), 2 threads: 1240 steps/s of NSO, 31 slices/s; …: …; the CPU computes, since it is faster with this network".
pub fn line(report: &DeviceReport) -> String {
    let rows: Vec<String> = report.rows.iter().map(|row| format!("{}: {}", row.name, speed(row, report))).collect();
    let kept = if report.is_kept { " (timed earlier)" } else { "" };
    format!("{}{kept}; {}", rows.join("; "), reason(report))
}

fn speed(row: &DeviceRow, report: &DeviceReport) -> String {
    match &row.timed {
        Timed::At(Rates { steps, slices }) => {
            let what = match report.method {
                Some(method) => format!("steps/s of {}", method.label()),
                None => "gradients/s".to_owned(),
            };
            format!("{} {what}, {} slices/s", significant(*steps, 3), significant(*slices, 3))
        }
        Timed::Failed(reason) => format!("could not be timed ({reason})"),
        Timed::Not => "not timed".to_owned(),
    }
}

fn reason(report: &DeviceReport) -> String {
    let [this, other] = if report.used == DeviceChoice::Gpu { ["GPU", "CPU"] } else { ["CPU", "GPU"] };
    let because = match report.reason {
        DeviceReason::Equal => "both are about as fast with this network".to_owned(),
        DeviceReason::OtherFailed => format!("the {other} failed"),
        DeviceReason::Asked => "it was asked for".to_owned(),
        DeviceReason::Alone => "no hardware GPU was found".to_owned(),
        DeviceReason::Faster | DeviceReason::Timing | DeviceReason::Begun => {
            "it is faster with this network".to_owned()
        }
    };
    format!("the {this} computes, since {because}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OptimizerKind;

    fn report(used: DeviceChoice, reason: DeviceReason, gpu: Timed) -> DeviceReport {
        let row = |choice, name: &str, timed| DeviceRow { choice, name: name.to_owned(), timed };
        let cpu = Timed::At(Rates { steps: 1240.0, slices: 31.0 });
        let rows = vec![row(DeviceChoice::Cpu, "CPU (Flex), 2 threads", cpu), row(DeviceChoice::Gpu, "A card", gpu)];
        let (asked, method) = (DeviceChoice::Auto, Some(OptimizerKind::Nso));
        DeviceReport { asked, used, reason, rows, method, is_kept: false }
    }

    #[test]
    fn both_rates_and_the_reason_stand_in_one_line() {
        let gpu = Timed::At(Rates { steps: 310.0, slices: 12.0 });
        assert_eq!(
            line(&report(DeviceChoice::Cpu, DeviceReason::Faster, gpu.clone())),
            "CPU (Flex), 2 threads: 1240 steps/s of NSO, 31.0 slices/s; A card: 310 steps/s of NSO, 12.0 slices/s; the CPU \
             computes, since it is faster with this network"
        );
        let analysis =
            DeviceReport { method: None, is_kept: true, ..report(DeviceChoice::Gpu, DeviceReason::Faster, gpu) };
        let words = line(&analysis);
        assert!(words.contains("310 gradients/s") && words.contains("(timed earlier); the GPU computes"), "{words}");
        let failed = Timed::Failed("no memory".to_owned());
        let words = line(&report(DeviceChoice::Cpu, DeviceReason::OtherFailed, failed));
        assert!(
            words.contains("A card: could not be timed (no memory); the CPU computes, since the GPU failed"),
            "{words}"
        );
    }
}
