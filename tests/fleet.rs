//! Runs that are added, branched, rewound and removed, and looks into data, through the engine's link.

#[path = "common/session.rs"]
mod session;

use flatscape::config::{DataConfig, DataSource};
use flatscape::protocol::{Command, Event};
use session::{Session, tiny};

#[test]
fn a_start_tells_the_tensors_and_shows_the_data() {
    let session = Session::start(tiny(&[]));
    let (tensors, data, parameters) = session
        .log
        .iter()
        .find_map(|event| match event {
            Event::Started { tensors, data, num_parameters, .. } => {
                Some((tensors.clone(), data.clone(), *num_parameters))
            }
            _ => None,
        })
        .expect("it has started");
    assert_eq!(tensors.first().map(String::as_str), Some("0.weight"));
    assert!(tensors.len() >= 4 && parameters > 0);
    assert_eq!(data.shape, [2]);
    assert_eq!(data.class_counts.iter().sum::<usize>(), data.num_train);
    assert_eq!(data.rows.len(), data.num_train.min(600) + data.num_test.min(400));
    assert!(data.source.starts_with("two moons, noise "), "{}", data.source);
    session.end();
}

#[test]
fn a_look_into_other_data_comes_while_the_runs_train_and_after_another_load() {
    let mut session = Session::start(tiny(&[]));
    session.send(Command::Play);
    let config = |source| DataConfig {
        source,
        path: None,
        train_size: 40,
        test_size: 20,
        seed: 1,
        noise: 0.1,
        classes: 3,
        label_noise: 0.0,
    };
    session.send(Command::Preview(Box::new(config(DataSource::Spirals))));
    session.send(Command::Load(Box::new(tiny(&[]))));
    let look = |session: &mut Session| {
        session.wait_for("Previewed", |event| match event {
            Event::Previewed(look) => Some(look.clone()),
            _ => None,
        })
    };
    let spirals = look(&mut session).expect("spirals need no file");
    assert_eq!((spirals.source.as_str(), spirals.rows.len(), spirals.classes.len()), ("3 spirals, noise 0.1", 60, 3));
    let missing = DataConfig { path: Some("/nowhere/at/all.csv".into()), ..config(DataSource::File) };
    session.send(Command::Preview(Box::new(missing)));
    let message = look(&mut session).unwrap_err();
    assert!(message.contains("/nowhere/at/all.csv") && !message.contains('\n'), "{message}");
    session.end();
}
