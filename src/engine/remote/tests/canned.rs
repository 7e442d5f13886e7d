//! A value of each kind that crosses, with figures that are not finite among them.

use std::sync::Arc;
use std::time::SystemTime;

use crate::config::{DeviceChoice, KnobId, Knobs, OptimizerKind, Pace, builtin_experiment};
use crate::engine::link::SlotNews;
use crate::protocol::{
    AlertRow, Command, DataPreview, DeviceReason, DeviceReport, DeviceRow, DoneRun, Estimate, Event, ExampleLabel,
    ExampleRow, Examples, Fact, FileFacts, Findings, FollowedState, JobEnd, JobId, KnobEdit, LayerTraceRow,
    MeasureRequest, Measurement, NewRun, NewestCheckpoint, NoiseSnapshot, Origin, Pairing, Predicted, Prediction,
    Progress, Rates, Repeating, RunId, RunInfo, RunPast, RunRows, RunStart, SessionState, SliceTag, SliceView, Speed,
    StepRow, TextLengths, TextLook, Timed, Waiting,
};
use crate::ui::fake;

const RUN: RunId = RunId(3);
const JOB: JobId = JobId(4);

fn request() -> Box<MeasureRequest> {
    let what = Measurement::Bound { probes: 8, constant: f64::INFINITY };
    Box::new(MeasureRequest { what, examples: Examples::Train, weight_decay: true, seed: u64::MAX })
}

/// A command of each kind.
pub fn commands() -> Vec<Command> {
    let experiment = Box::new(builtin_experiment("moons-mlp").unwrap());
    let knobs = Box::new(Knobs { radius: f64::INFINITY, ..Knobs::of(OptimizerKind::Nso) });
    let tag = SliceTag { step: 5, generation: 2 };
    let start = RunStart::Place { run: RUN, place: [-0.0, 5e-324], slice: tag };
    let more = vec![
        NewRun { optimizer: OptimizerKind::Sam, knobs: knobs.clone(), start: RunStart::File("/w.npz".into()) },
        NewRun { optimizer: OptimizerKind::Nso, knobs: knobs.clone(), start: start.clone() },
    ];
    let done = DoneRun { seed: 1, step: 9, gradient_evaluations: 18, weights: "/d.npz".into(), past: past() };
    let runs =
        vec![NewRun { optimizer: OptimizerKind::Nso, knobs: knobs.clone(), start: RunStart::Done(Box::new(done)) }];
    let data = Box::new(experiment.data.clone());
    vec![
        Command::Load { experiment: experiment.clone(), more },
        Command::LoadOnly { experiment: experiment.clone(), runs },
        Command::Follow { experiment, folder: "/checkpoints".into() },
        Command::LookAt { run: RUN, step: None },
        Command::UseDevice(DeviceChoice::GpuAt(2)),
        Command::Play,
        Command::Pause,
        Command::Step,
        Command::Reset,
        Command::SetKnob { run: RUN, knob: KnobId::Sigma, value: f64::NEG_INFINITY },
        Command::SetLookShare(0.1),
        Command::SetPace(Pace::KeepUp),
        Command::SetSlice(SliceView::default()),
        Command::SetLayerTraces(true),
        Command::SetPairing(Pairing::default()),
        Command::AddRun { optimizer: OptimizerKind::Nso, knobs, start },
        Command::RemoveRun(RUN),
        Command::RestoreRun(RUN),
        Command::Rewind { run: RUN, step: u64::MAX },
        Command::CancelRepeat,
        Command::Predict { run: RUN, place: [0.1, 0.2], slice: tag },
        Command::Preview(data),
        Command::FetchWeights(RUN),
        Command::Measure { job: JOB, run: RUN, request: request() },
        Command::CancelMeasure(JOB),
        Command::KeepSessions("/sessions".into()),
        Command::SaveSession("/σ.flatscape".into()),
        Command::OpenSession("/s.flatscape".into()),
        Command::KeepView("{}".to_owned()),
        Command::NoteAlert { run: RUN, alert: alert() },
        Command::TellAgain,
        Command::Shutdown,
    ]
}

fn info() -> RunInfo {
    let knobs = Knobs::of(OptimizerKind::Sgd);
    RunInfo { run: RUN, optimizer: OptimizerKind::Sgd, seed: u64::MAX, knobs, origin: Origin::File("/w.pt".into()) }
}

fn preview() -> DataPreview {
    let row = |label| ExampleRow { x: vec![f32::NAN, 1.5], label, is_test: true };
    let labels = [ExampleLabel::Class(2), ExampleLabel::Values(vec![0.5]), ExampleLabel::Pair];
    DataPreview {
        rows: labels.into_iter().map(row).collect(),
        file: FileFacts { examples: 9, columns: vec!["a".to_owned()], ..FileFacts::default() },
        text: Some(TextLook {
            tokens: 4,
            lengths: TextLengths { bins: vec![1, 2], ..TextLengths::default() },
            ..TextLook::default()
        }),
        ..fake::preview()
    }
}

fn past() -> RunPast {
    let step = StepRow { noise: Some(fake::noise_row()), gradient_norm: f64::NAN, ..fake::step_row(1, 0.5) };
    RunPast {
        rows: RunRows { steps: vec![step], journal: vec![edit()], alerts: vec![alert()], ..RunRows::default() },
        slices: vec![Arc::new(fake::slice(RUN, OptimizerKind::Nso, 7, [9, 4]))],
    }
}

const fn edit() -> KnobEdit {
    KnobEdit { step: 7, knob: KnobId::Momentum, old: 0.9, new: 0.5 }
}

fn alert() -> AlertRow {
    AlertRow { step: 7, rule: "λmax".to_owned(), words: "NSO: λmax 51 is above 50".to_owned(), paused: true }
}

fn report() -> Box<DeviceReport> {
    let row = |choice, timed| DeviceRow { choice, name: "a device".to_owned(), timed };
    Box::new(DeviceReport {
        asked: DeviceChoice::Auto,
        used: DeviceChoice::Cpu,
        reason: DeviceReason::Faster,
        rows: vec![
            row(DeviceChoice::Cpu, Timed::At(Rates { steps: 2.5, slices: f64::NAN })),
            row(DeviceChoice::Gpu, Timed::Failed("no memory".to_owned())),
        ],
        method: Some(OptimizerKind::Nso),
        is_kept: true,
    })
}

/// An event of each kind.
pub fn events() -> Vec<Event> {
    let experiment = Arc::new(builtin_experiment("clip-scenes").unwrap());
    let estimate = Estimate { mean: f64::NAN, stderr: f64::INFINITY, samples: 0 };
    let newest = NewestCheckpoint { name: "step_1.pt".to_owned(), step: 1, written: SystemTime::UNIX_EPOCH };
    let state = FollowedState { newest: Some(newest), num_read: 1, ..FollowedState::default() };
    let findings =
        Findings { facts: vec![Fact::with_error("trace", f64::NAN, 0.5, "8 probes")], ..Findings::default() };
    let session = SessionState { path: Some("/s.flatscape".into()), bytes: 5, ..SessionState::default() };
    let repeating = Repeating { run: RUN, is_rewind: true, step: 4, total: 3, left: 1 };
    let waiting = Waiting::TrainingForCurvature;
    let mut events = vec![
        Event::Device { name: "CPU".to_owned(), notice: None },
        Event::Devices(report()),
        Event::WarmingUp("compiling".to_owned()),
        Event::Started {
            experiment,
            num_parameters: 17,
            tensors: vec!["0.weight".to_owned()],
            data: Arc::new(preview()),
            runs: vec![info()],
        },
        Event::NotLoaded { title: "mine".to_owned(), reason: "gone".to_owned() },
        Event::RunAdded(info()),
        Event::RunRemoved(RUN),
        Event::RunRestored { run: RUN, place: 1 },
        Event::Repeating(Some(repeating)),
        Event::Weights { run: RUN, step: 2, file: vec![0, 255] },
        Event::Rewound { run: RUN, step: 1, knobs: Box::new(Knobs::of(OptimizerKind::Sam)) },
        Event::Followed { run: RUN, state },
        Event::CheckpointsVoid { run: RUN, after: Some(3) },
        Event::LayerTrace { run: RUN, row: LayerTraceRow { step: 1, gradient_evaluations: 2, layers: vec![estimate] } },
        Event::Previewed(Ok(Arc::new(preview()))),
        Event::Previewed(Err("no such file".to_owned())),
        Event::Playing(true),
        Event::Steps { run: RUN, rows: past().rows.steps },
        Event::KnobTurned { run: RUN, edit: edit() },
        Event::KnobKept { run: RUN, knob: KnobId::Rho, value: f64::NAN },
        Event::AlertNoted { run: RUN, alert: alert() },
        Event::Finished { run: RUN },
        Event::Diverged { run: RUN, step: 9, last_good_step: 8 },
        Event::Warning("σ".to_owned()),
        Event::Note("a note".to_owned()),
        Event::Failed("a reason".to_owned()),
        Event::Measuring { job: JOB, step: 5, progress: Progress { done: 1, total: 2 } },
        Event::Measured {
            job: JOB,
            step: 5,
            objective: "loss".to_owned(),
            end: JobEnd::Failed("no memory".to_owned()),
            findings: Box::new(findings),
        },
        Event::Speed(Speed { steps_per_second: f64::INFINITY, looks_per_second: 0.0, waiting }),
        Event::Session(Box::new(session)),
        Event::RunPast { run: RUN, past: Box::new(past()) },
        Event::MeasuredBefore { job: JOB, run: RUN, request: request() },
        Event::ToldAgain,
        Event::SessionOpened { view: Some("{}".to_owned()) },
    ];
    events.extend(fake::Measured::at(4, f64::NAN, f64::INFINITY).events(RUN));
    events.extend(fake::streamed(RUN, 40, [f64::NAN, 2.0], [-0.5, f64::INFINITY]));
    events
}

/// What is new in a slot, of each kind.
pub fn slots() -> Vec<SlotNews> {
    let mut grid = fake::slice(RUN, OptimizerKind::Nso, 7, [9, 4]);
    grid.loss[3] = f64::NAN;
    let noise = NoiseSnapshot {
        run: RUN,
        step: 7,
        num_steps: 2,
        sigma: 0.1,
        gaps: vec![f32::INFINITY],
        odd: vec![0.5],
        even: Vec::new(),
        variance_removed: f64::NAN,
        trace: Estimate::of([]),
        layer_traces: vec![("0.weight".to_owned(), Estimate::of([1.0, 2.0]))],
        weight_sizes: vec![1.0],
    };
    let what = Predicted::Examples { class: vec![1], confidence: vec![f32::NAN] };
    let prediction = Prediction { run: RUN, step: 7, place: [0.5, -0.5], loss: 0.1, accuracy: f64::NAN, what };
    vec![
        SlotNews::Grid(Arc::new(grid)),
        SlotNews::Noise(Arc::new(noise)),
        SlotNews::Prediction(Some(Arc::new(prediction))),
        SlotNews::Prediction(None),
        SlotNews::NoGrid(RUN),
        SlotNews::NoNoise(RUN),
    ]
}
