//! The data set that is being chosen, and the newest look into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::data_scale::Scale;
use crate::config::{DataConfig, DataSource, Experiment, KeepRule, absolute};
use crate::engine::{Columns, ReadChoice, table_columns};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::previews::Look;

/// The data set that is being chosen. It follows the experiment that runs until it is changed.
#[derive(Debug)]
pub struct DataForm {
    /// The data set.
    pub config: DataConfig,
    /// Examples that there are, where they are counted.
    pub available: Option<usize>,
    /// The columns of a table.
    pub columns: Columns,
    /// Which of a run's weights count at its end, where there are validation examples.
    pub keep: KeepRule,
    /// Mean and standard deviation as they are typed.
    pub scale: Scale,
    base: Option<Arc<Experiment>>,
    /// Settings of other sources that were shown before.
    remembered: Vec<Remembered>,
    /// The newest look, and into what.
    look: Option<(DataConfig, Look)>,
    /// What the engine was asked for last and has not answered.
    asked: Option<DataConfig>,
}

/// A source as it was left.
#[derive(Debug)]
struct Remembered {
    config: DataConfig,
    available: Option<usize>,
    columns: Columns,
}

impl Default for DataForm {
    fn default() -> Self {
        Self {
            config: DataConfig::of(DataSource::Moons),
            available: None,
            columns: Columns::default(),
            keep: KeepRule::default(),
            scale: Scale::default(),
            base: None,
            remembered: Vec::new(),
            look: None,
            asked: None,
        }
    }
}

/// The columns of a data set that is a table, as it is read.
fn columns(config: &DataConfig) -> Columns {
    config.path.as_deref().map_or_else(Columns::default, |path| table_columns(path, ReadChoice::of(config)))
}

impl DataForm {
    /// Shows the experiment's data when it is a new one and nothing was changed.
    pub fn follow(&mut self, experiment: &Arc<Experiment>) {
        if self.base.as_ref().is_some_and(|base| Arc::ptr_eq(base, experiment)) {
            return;
        }
        if self.base.as_ref().is_none_or(|base| self.is_of(base)) {
            self.go_back(experiment);
        }
        self.base = Some(experiment.clone());
    }

    /// The data set where it is not the experiment's.
    #[must_use]
    pub fn edited(&self) -> Option<&DataConfig> {
        self.base.as_ref().filter(|base| !self.is_of(base)).map(|_| &self.config)
    }

    /// Whether this is what an experiment has.
    #[must_use]
    pub fn is_of(&self, experiment: &Experiment) -> bool {
        self.config == experiment.data && self.kept() == experiment.keep
    }

    /// Which of a run's weights count at its end: without validation examples the last.
    #[must_use]
    pub const fn kept(&self) -> KeepRule {
        if self.config.validation_size == 0 { KeepRule::Last } else { self.keep }
    }

    /// Shows the data of an experiment again.
    pub fn go_back(&mut self, experiment: &Experiment) {
        self.load(&experiment.data);
        self.keep = experiment.keep;
    }

    /// Goes on with data of an earlier start.
    pub fn restore(&mut self, config: &DataConfig, keep: KeepRule, experiment: &Arc<Experiment>) {
        self.load(config);
        self.keep = keep;
        self.base = Some(experiment.clone());
    }

    /// Shows a data set.
    pub fn load(&mut self, config: &DataConfig) {
        self.remember();
        self.config = config.clone();
        self.scale = Scale::of(config);
        self.available = None;
        self.columns = columns(config);
    }

    /// Says whether the first line of the table names its columns; `None` leaves it to the rule.
    pub fn set_header(&mut self, header: Option<bool>) {
        self.config.header = header;
        let had_header = self.columns.has_header;
        self.columns = columns(&self.config);
        // With a header `1` is a name, without one it is a number.
        if self.columns.has_header != had_header {
            self.config.text_column = None;
            if self.config.label_column.take().is_some() {
                self.columns = columns(&self.config);
            }
        }
    }

    /// Shows another source, as it was left.
    pub fn choose(&mut self, source: DataSource) {
        if source == self.config.source {
            return;
        }
        let known = self.remembered.iter().position(|known| known.config.source == source);
        let Some(place) = known else { return self.load(&DataConfig::of(source)) };
        let Remembered { config, available, columns } = self.remembered.remove(place);
        self.remember();
        self.scale = Scale::of(&config);
        (self.config, self.available, self.columns) = (config, available, columns);
    }

    fn remember(&mut self) {
        let (available, columns) = (self.available, std::mem::take(&mut self.columns));
        let config = self.config.clone();
        self.remembered.retain(|known| known.config.source != config.source);
        self.remembered.push(Remembered { config, available, columns });
    }

    /// The file that is shown, or that was shown before another source.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        let other = self.remembered.iter().find_map(|known| known.config.path.as_deref());
        self.config.path.as_deref().or(other)
    }

    /// Shows a file; how many examples it has is found out.
    pub fn open(&mut self, path: PathBuf, experiment: &Arc<Experiment>) {
        // An experiment that is saved elsewhere must find it.
        let path = absolute(&path);
        let sizes = DataConfig { train_size: 0, test_size: 0, ..DataConfig::of(DataSource::File) };
        self.load(&DataConfig { path: Some(path), ..sizes });
        self.base = Some(experiment.clone());
        // The file may have changed since it was looked into.
        self.look = None;
    }

    /// Takes the engine's answer.
    pub fn take(&mut self, look: Look) {
        let Some(config) = self.asked.take() else { return };
        let is_of_this_file = config.source == DataSource::File && config.path == self.config.path;
        if let Some(look) = look.as_ref().ok().filter(|_| is_of_this_file) {
            self.available = Some(look.file.examples);
        }
        if let Ok(look) = &look
            && config == self.config
            && is_of_this_file
            && config.train_size == 0
        {
            (self.config.train_size, self.config.test_size) = (look.num_train, look.num_test);
            self.look = Some((self.config.clone(), Ok(look.clone())));
            return;
        }
        self.look = Some((config, look));
    }

    /// What must be asked of the engine now: one look at a time, the newest settings.
    pub fn next_question(&mut self, model: &Model) -> Option<DataConfig> {
        if model.health != EngineHealth::Fine {
            self.asked = None;
            return None;
        }
        let is_known = self.look.as_ref().is_some_and(|(config, _)| *config == self.config) || self.runs(model);
        if is_known || self.asked.is_some() {
            return None;
        }
        self.asked = Some(self.config.clone());
        self.asked.clone()
    }

    /// Whether the newest look is into the same file or source, whatever its settings.
    #[must_use]
    pub fn is_of_this_source(&self, model: &Model) -> bool {
        let is_same = |config: &DataConfig| (config.source, &config.path) == (self.config.source, &self.config.path);
        self.runs(model) || self.look.as_ref().is_some_and(|(config, _)| is_same(config))
    }

    /// What is wrong with the tokenizer, in a sentence: where the newest look says so, whose problems end with their path.
    #[must_use]
    pub fn tokenizer_problem(&self) -> Option<String> {
        let path = self.config.tokenizer.as_ref()?.display().to_string();
        let problem = self.look.as_ref().filter(|(config, _)| *config == self.config)?.1.as_ref().err()?;
        let (words, end) = problem.rsplit_once(": ")?;
        let words = words.trim_start_matches("`data.path`: ");
        end.starts_with(&path).then(|| format!("It cannot be used: {words}."))
    }

    fn runs(&self, model: &Model) -> bool {
        model.data.is_some() && self.config == model.experiment.data
    }

    /// The newest look, if there is one, and whether it is into the data as they are chosen now.
    #[must_use]
    pub fn look(&self, model: &Model) -> Option<(Look, bool)> {
        if self.runs(model) {
            return model.data.clone().map(|data| (Ok(data), true));
        }
        self.look.as_ref().map(|(config, look)| (look.clone(), *config == self.config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LabelKind, builtin_experiment};
    use crate::protocol::DataPreview;
    use crate::protocol::FileFacts;

    fn look(train: usize, test: usize) -> Look {
        Ok(Arc::new(DataPreview {
            source: String::new(),
            shape: vec![2],
            num_train: train,
            num_test: test,
            classes: Vec::new(),
            class_counts: Vec::new(),
            rows: Vec::new(),
            file: FileFacts { examples: train + test, ..FileFacts::default() },
            text: None,
        }))
    }

    #[test]
    fn one_look_is_asked_for_at_a_time_and_the_newest_settings_last() {
        let model = Model::new(builtin_experiment("moons-mlp").unwrap());
        let mut form = DataForm::default();
        form.follow(&model.experiment);
        form.choose(DataSource::Spirals);
        let first = form.next_question(&model).unwrap();
        form.config.noise = 0.3;
        form.config.noise = 0.4;
        assert_eq!(form.next_question(&model), None, "the first is not answered");
        form.take(look(300, 1000));
        assert!(form.look(&model).is_some_and(|(_, is_current)| !is_current));
        let second = form.next_question(&model).unwrap();
        assert_eq!((first.noise, second.noise), (0.1, 0.4));
        form.take(Err("no".to_owned()));
        assert_eq!(form.look(&model), Some((Err("no".to_owned()), true)));
        assert_eq!(form.next_question(&model), None, "what failed is not asked for again");
    }

    #[test]
    fn a_file_tells_how_many_examples_it_has() {
        let model = Model::new(builtin_experiment("moons-mlp").unwrap());
        let mut form = DataForm::default();
        form.open(PathBuf::from("a.csv"), &model.experiment);
        assert_eq!(form.next_question(&model).unwrap().train_size, 0);
        form.take(look(80, 20));
        assert_eq!((form.config.train_size, form.config.test_size, form.available), (80, 20, Some(100)));
        assert_eq!(form.next_question(&model), None);
    }

    #[test]
    fn the_columns_follow_what_the_user_says_of_the_first_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pixels.csv");
        std::fs::write(&path, "0,1,2\n10,20,0\n30,40,1\n").unwrap();
        let mut form = DataForm::default();
        form.load(&DataConfig { path: Some(path), ..DataConfig::of(DataSource::File) });
        assert!(form.columns.is_table && form.columns.names.is_empty(), "must be asked for: {:?}", form.columns);
        form.set_header(Some(false));
        assert_eq!((form.columns.names.join(" ").as_str(), form.columns.has_header), ("1 2 3", false));
        form.config.label_column = Some("3".to_owned());
        form.set_header(Some(true));
        assert_eq!((form.columns.names.join(" ").as_str(), form.columns.label), ("0 1 2", Some(2)));
        assert_eq!(form.config.label_column, None, "there is no column 3 any more");
    }

    #[test]
    fn another_source_and_back_forgets_nothing() {
        let model = Model::new(builtin_experiment("moons-mlp").unwrap());
        let mut form = DataForm::default();
        form.follow(&model.experiment);
        form.config.noise = 0.33;
        form.open(PathBuf::from("/data/a.csv"), &model.experiment);
        form.next_question(&model).unwrap();
        form.take(look(80, 20));
        form.config.labels = LabelKind::Numbers;
        form.choose(DataSource::Moons);
        assert_eq!((form.config.noise, form.file()), (0.33, Some(Path::new("/data/a.csv"))));
        form.choose(DataSource::File);
        assert_eq!((form.config.train_size, form.available), (80, Some(100)));
        assert_eq!(form.config.labels, LabelKind::Numbers);
        assert_eq!(form.edited(), Some(&form.config));
    }
}
