//! Knobs in words, and the colours of optimisers.

use egui::Color32;

use crate::config::{KnobGroup, KnobId, KnobScale, Knobs, OptimizerKind};
use crate::ui::kit::format::setting;
use crate::ui::kit::theme::{self, Tokens};

/// The symbol of a knob, for markers and headers.
#[must_use]
pub const fn symbol(knob: KnobId) -> &'static str {
    knob.spec().symbol
}

/// A knob's value as text; switches read on and off.
#[must_use]
pub fn knob_value(knob: KnobId, value: f64) -> String {
    if knob.spec().off == Some(value) {
        return "off".to_owned();
    }
    match knob.spec().scale {
        KnobScale::Switch => if value == 0.0 { "off" } else { "on" }.to_owned(),
        KnobScale::Choice(names) => names.get(value as usize).map_or_else(|| setting(value), |name| (*name).to_owned()),
        _ => setting(value),
    }
}

/// What of some knobs is on, in a line such as "cosine, warm-up 0.1"; `None` where nothing is.
#[must_use]
pub fn what_is_on(shown: &[KnobId], knobs: &Knobs) -> Option<String> {
    let words: Vec<String> = shown.iter().filter_map(|knob| knob_if_on(*knob, knobs)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A knob with its value, where it does something that it does not have to.
fn knob_if_on(knob: KnobId, knobs: &Knobs) -> Option<String> {
    let (spec, value) = (knob.spec(), knobs.value(knob));
    let name = || knob_value(knob, value);
    let is_on = match spec.scale {
        KnobScale::Switch | KnobScale::Choice(_) => value != 0.0,
        // Numbers of what is chosen elsewhere say nothing by themselves.
        _ if matches!(spec.group, KnobGroup::Method | KnobGroup::Step) => value != 0.0,
        _ => spec.off.is_some_and(|off| value != off),
    };
    is_on.then(|| match knob {
        KnobId::Schedule | KnobId::Base => name(),
        KnobId::SigmaSchedule => format!("σ {}", name()),
        KnobId::Average => format!("{} from {}", name(), setting(knobs.average_start)),
        KnobId::Distance => format!("distance {}", name()),
        _ if spec.scale == KnobScale::Switch => spec.symbol.to_owned(),
        _ => format!("{} {}", spec.symbol, name()),
    })
}

impl Tokens {
    /// The colour of runs of an optimiser.
    #[must_use]
    pub const fn run(&self, optimizer: OptimizerKind) -> Color32 {
        let [dark, paper] = optimizer.spec().inks;
        theme::ink(if self.is_dark { dark } else { paper })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AverageKind, BaseKind, ScheduleKind, SigmaScheduleKind};

    /// What is on of a group, all knobs of it being shown.
    fn on(group: KnobGroup, knobs: &Knobs) -> Option<String> {
        what_is_on(&KnobId::of(group).collect::<Vec<_>>(), knobs)
    }

    #[test]
    fn groups_say_what_of_them_is_on() {
        let mut knobs = Knobs::default();
        for group in [KnobGroup::Schedule, KnobGroup::Average, KnobGroup::Examples] {
            assert_eq!(on(group, &knobs), None, "{group:?}");
        }
        (knobs.schedule, knobs.warmup) = (ScheduleKind::Cosine, 0.1);
        assert_eq!(on(KnobGroup::Schedule, &knobs).as_deref(), Some("cosine, warm-up 0.1"));
        knobs.sigma_schedule = SigmaScheduleKind::Linear;
        assert_eq!(on(KnobGroup::Schedule, &knobs).as_deref(), Some("cosine, warm-up 0.1, σ linear"));
        (knobs.average, knobs.radius) = (AverageKind::Ema, 2.0);
        assert_eq!(on(KnobGroup::Average, &knobs).as_deref(), Some("ema from 0.5, radius 2"));
        (knobs.flip, knobs.crop, knobs.mixup) = (true, 4, 0.2);
        assert_eq!(on(KnobGroup::Examples, &knobs).as_deref(), Some("mixup 0.2, mirror, crop 4"));
        knobs.base = BaseKind::Adamw;
        let step = what_is_on(&[KnobId::LearningRate, KnobId::Base, KnobId::WeightDecay, KnobId::Clip], &knobs);
        assert_eq!(step.as_deref(), Some("lr 0.1, adamw"));
    }

    #[test]
    fn values_that_do_nothing_are_told_as_off() {
        assert_eq!(knob_value(KnobId::Radius, 1e9), "off");
        assert_eq!(knob_value(KnobId::Clip, 0.0), "off");
        assert_eq!(knob_value(KnobId::Clip, 1.5), "1.5");
    }
}
