//! A Parquet file that is open: its columns, what they will take, and its rows in batches of bounded size.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;

use super::super::super::arrays::{looks_like, one_line};
use super::super::super::limit;
use super::super::Problem;
use super::pages::{Pages, walk};
use super::schema::{Column, Kind};

/// The first and the last bytes of every file.
pub(in super::super) const MAGIC: &[u8] = b"PAR1";
/// The same of a file whose table is encrypted.
const ENCRYPTED: &[u8] = b"PARE";
/// Where `datasets` of Hugging Face says what the columns are.
const METADATA: &str = "huggingface";
/// Bytes of files and texts that a batch may have, by the largest page that they may all stand in.
const BATCH_BYTES: u64 = 32 << 20;
/// Numbers that a batch may have.
const BATCH_VALUES: u64 = 4 << 20;
/// Rows of a batch at most.
const BATCH_ROWS: u64 = 8192;

/// A file of a set.
pub(super) struct Table {
    file: File,
    metadata: ArrowReaderMetadata,
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// What the columns that are read will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sizes {
    /// Bytes of the columns' largest page.
    largest: u64,
    /// Bytes of all their pages.
    pub bytes: u64,
    /// Values in the column that has the most.
    pub values: u64,
}

impl Table {
    /// Opens a file and reads its table of contents.
    ///
    /// # Errors
    /// [`Problem`] where it is none, or broken.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let unreadable = |err: std::io::Error| Problem::Unreadable { reason: err.to_string() };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = File::open(path).map_err(unreadable)?;
        looks_whole(&file)?;
        // What Arrow keeps beside the schema says nothing that the types of Parquet do not say.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(|err| broken(&name, &err))?;
        let mut rows = 0_u64;
        for group in metadata.metadata().row_groups() {
            let of_it = u64::try_from(group.num_rows()).map_err(|_| broken(&name, &"a group of less than no rows"))?;
            rows = rows.saturating_add(of_it);
        }
        let known = metadata.metadata().file_metadata();
        if u64::try_from(known.num_rows()) != Ok(rows) {
            return Err(broken(&name, &format!("{} rows in all and {rows} in its groups", known.num_rows())));
        }
        let keys = known.key_value_metadata().into_iter().flatten();
        let said = keys.filter(|pair| pair.key == METADATA).find_map(|pair| pair.value.as_deref());
        let columns = Column::all(metadata.schema(), metadata.parquet_schema(), said);
        Ok(Self { file, metadata, name, rows, columns })
    }

    /// Looks at the pages of columns before they are unpacked.
    ///
    /// # Errors
    /// [`Problem`] where they are packed in a way that is not read, are broken, or would take too much memory.
    pub fn sizes(&self, columns: &[&Column]) -> Result<Sizes, Problem> {
        let mut sizes = Sizes::default();
        for column in columns {
            let mut values = 0_u64;
            for group in self.metadata.metadata().row_groups() {
                for &leaf in &column.leaves {
                    let chunk = group.column(leaf);
                    is_unpacked(column, chunk.compression())?;
                    let Pages { largest, all } = walk(&self.file, chunk)
                        .map_err(|err| broken(&self.name, &format!("column {}: {err}", column.words())))?;
                    let of_it = chunk.num_values();
                    if column.kind != Kind::Lists && of_it != group.num_rows() {
                        let found = format!("column {}: {of_it} values in {} rows", column.words(), group.num_rows());
                        return Err(broken(&self.name, &found));
                    }
                    values = values.saturating_add(u64::try_from(of_it).unwrap_or(u64::MAX));
                    sizes.largest = sizes.largest.max(largest);
                    sizes.bytes = sizes.bytes.saturating_add(all);
                }
            }
            sizes.values = sizes.values.max(values);
        }
        let what = format!("a page of `{}`", one_line(&self.name));
        limit::allow(&what, sizes.largest.saturating_mul(2)).map_err(Problem::TooLarge)?;
        Ok(sizes)
    }

    /// The rows of columns, batch by batch. `columns` are in the order of the file, and so are those of a batch.
    ///
    /// # Errors
    /// [`Problem`] where a batch cannot be read.
    pub fn batches(
        &self,
        columns: &[&Column],
        sizes: Sizes,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, Problem>> + use<'_>, Problem> {
        let has_bytes = columns.iter().any(|column| matches!(column.kind, Kind::Images | Kind::Text));
        let per_row = (sizes.values / self.rows.max(1) + 1).saturating_mul(columns.len() as u64);
        let rows =
            (BATCH_VALUES / per_row).min(if has_bytes { BATCH_BYTES / sizes.largest.max(1) } else { BATCH_ROWS });
        let leaves = columns.iter().flat_map(|column| column.leaves.iter().copied());
        let mask = ProjectionMask::leaves(self.metadata.parquet_schema(), leaves);
        let file = self.file.try_clone().map_err(|err| Problem::Unreadable { reason: err.to_string() })?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(mask)
            .with_batch_size(rows.clamp(1, BATCH_ROWS) as usize)
            .build()
            .map_err(|err| broken(&self.name, &err))?;
        Ok(reader.map(|batch| batch.map_err(|err| broken(&self.name, &err))))
    }
}

/// Whether a file begins and ends as one of Parquet does.
fn looks_whole(file: &File) -> Result<(), Problem> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let unreadable = |err: std::io::Error| Problem::Unreadable { reason: err.to_string() };
    let (mut start, mut reader, mut end) = (Vec::new(), file, [0; 4]);
    reader.take(512).read_to_end(&mut start).map_err(unreadable)?;
    let found = if start.starts_with(ENCRYPTED) {
        "an encrypted Parquet file".to_owned()
    } else if start.is_empty() {
        "an empty file".to_owned()
    } else if !start.starts_with(MAGIC) {
        format!("{} under the name of a Parquet file", looks_like(&start))
    } else if start.len() > 11
        && reader.seek(SeekFrom::End(-4)).and_then(|_| reader.read_exact(&mut end)).is_ok()
        && end == MAGIC
    {
        return Ok(());
    } else {
        "a Parquet file that is truncated".to_owned()
    };
    Err(Problem::Broken { found, expected: "a Parquet file, which begins and ends with `PAR1`".to_owned() })
}

fn is_unpacked(column: &Column, packing: Compression) -> Result<(), Problem> {
    let name = match packing {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_) => return Ok(()),
        Compression::BROTLI(_) => "Brotli",
        Compression::LZO => "LZO",
        Compression::LZ4 | Compression::LZ4_RAW => "LZ4",
    };
    Err(Problem::Broken {
        found: format!("column {} is compressed by {name}", column.words()),
        expected: "Snappy, Zstandard, gzip or none (`to_parquet(…, compression=\"zstd\")`)".to_owned(),
    })
}

/// A file that cannot be read, and why.
pub(super) fn broken(name: &str, reason: &dyn std::fmt::Display) -> Problem {
    Problem::Broken {
        found: format!("`{}` is truncated or broken ({})", one_line(name), one_line(&reason.to_string())),
        expected: "a whole Parquet file".to_owned(),
    }
}
