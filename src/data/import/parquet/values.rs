//! Values of a column in a batch: numbers in 64 bits, whole numbers, texts, bytes; and numbers in lists of one shape.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::schema::BYTES;

/// What of a number's type matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Truth,
    Whole,
    Float,
}

/// The type of what lies in lists.
pub(super) fn leaf(kind: &DataType) -> &DataType {
    match kind {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => leaf(item.data_type()),
        other => other,
    }
}

/// What of a type of numbers matters.
pub(super) fn number(kind: &DataType) -> Number {
    match kind {
        DataType::Boolean => Number::Truth,
        kind if kind.is_integer() => Number::Whole,
        _ => Number::Float,
    }
}

/// The first row without a value.
pub(super) fn first_null(array: &dyn Array) -> Option<usize> {
    if array.null_count() == 0 { None } else { (0..array.len()).find(|&row| array.is_null(row)) }
}

/// Numbers of any type, in 64 bits; truth values are 0 and 1. `None` for what is no number.
pub(super) fn floats(array: &dyn Array) -> Option<Vec<f64>> {
    macro_rules! of {
        ($kind:ty) => {
            array.as_primitive::<$kind>().values().iter().map(|&value| f64::from(value)).collect()
        };
    }
    Some(match array.data_type() {
        DataType::Boolean => array.as_boolean().values().iter().map(|truth| f64::from(u8::from(truth))).collect(),
        DataType::Float16 => array.as_primitive::<Float16Type>().values().iter().map(|value| value.to_f64()).collect(),
        DataType::Float32 => of!(Float32Type),
        DataType::Float64 => of!(Float64Type),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().values().iter().map(|&value| value as f64).collect(),
        DataType::Int8 => of!(Int8Type),
        DataType::Int16 => of!(Int16Type),
        DataType::Int32 => of!(Int32Type),
        DataType::UInt8 => of!(UInt8Type),
        DataType::UInt16 => of!(UInt16Type),
        DataType::UInt32 => of!(UInt32Type),
        DataType::Int64 => array.as_primitive::<Int64Type>().values().iter().map(|&value| value as f64).collect(),
        _ => return None,
    })
}

/// Whole numbers; `None` for what is none, or beyond 63 bits.
pub(super) fn whole(array: &dyn Array) -> Option<Vec<i64>> {
    macro_rules! of {
        ($kind:ty) => {
            array.as_primitive::<$kind>().values().iter().map(|&value| i64::try_from(value).ok()).collect()
        };
    }
    match array.data_type() {
        DataType::Int8 => of!(Int8Type),
        DataType::Int16 => of!(Int16Type),
        DataType::Int32 => of!(Int32Type),
        DataType::Int64 => of!(Int64Type),
        DataType::UInt8 => of!(UInt8Type),
        DataType::UInt16 => of!(UInt16Type),
        DataType::UInt32 => of!(UInt32Type),
        DataType::UInt64 => of!(UInt64Type),
        _ => None,
    }
}

/// The texts of a column.
pub(super) fn texts(array: &dyn Array) -> Option<Vec<&str>> {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().collect(),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().collect(),
        DataType::Utf8View => array.as_string_view().iter().collect(),
        _ => None,
    }
}

/// The column of a batch that holds the bytes of images: itself, or a part of a structure.
pub(super) fn image_bytes(array: &ArrayRef) -> Option<&ArrayRef> {
    match array.data_type() {
        DataType::Struct(_) => array.as_struct().column_by_name(BYTES),
        _ => Some(array),
    }
}

/// The bytes of a row.
pub(super) fn bytes(array: &dyn Array, row: usize) -> Option<&[u8]> {
    match array.data_type() {
        DataType::Binary => Some(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Some(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Some(array.as_binary_view().value(row)),
        _ => None,
    }
}

/// Where the lists of a batch are not what they must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Uneven {
    /// A row, or something in it, is null.
    Null { row: usize },
    /// A list of another length than the first one at its depth.
    Length { row: usize, found: usize, expected: usize },
    /// No lists of numbers.
    Kind,
}

/// The numbers in lists, row after row; all lists at one depth must be as long as `sides` says, which the first ones
/// fill.
pub(super) fn in_lists(array: &dyn Array, sides: &mut Vec<usize>) -> Result<Vec<f64>, Uneven> {
    let mut level: Option<ArrayRef> = None;
    // Lists of this depth in a row.
    let mut per_row = 1;
    let mut depth = 0;
    loop {
        let array: &dyn Array = level.as_deref().unwrap_or(array);
        let row = |index: usize| index / per_row.max(1);
        if let Some(index) = first_null(array) {
            return Err(Uneven::Null { row: row(index) });
        }
        let bounds: Vec<usize> = match array.data_type() {
            DataType::List(_) => array.as_list::<i32>().value_offsets().iter().map(|&at| at as usize).collect(),
            DataType::LargeList(_) => array.as_list::<i64>().value_offsets().iter().map(|&at| at as usize).collect(),
            DataType::FixedSizeList(_, side) => (0..=array.len()).map(|index| index * *side as usize).collect(),
            _ => return floats(array).ok_or(Uneven::Kind),
        };
        let lengths = bounds.windows(2).map(|pair| pair[1] - pair[0]);
        if sides.len() == depth {
            sides.push(lengths.clone().next().unwrap_or(0));
        }
        let expected = sides[depth];
        if let Some((index, found)) = lengths.enumerate().find(|&(_, length)| length != expected) {
            return Err(Uneven::Length { row: row(index), found, expected });
        }
        let (from, to) = (bounds.first().copied().unwrap_or(0), bounds.last().copied().unwrap_or(0));
        let inner = match array.data_type() {
            DataType::List(_) => array.as_list::<i32>().values().slice(from, to - from),
            DataType::LargeList(_) => array.as_list::<i64>().values().slice(from, to - from),
            // Its values begin where it does.
            _ => array.as_fixed_size_list().values().slice(0, to),
        };
        per_row *= expected;
        depth += 1;
        level = Some(inner);
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int32Type;
    use arrow_array::{Float64Array, Int32Array, ListArray};

    use super::*;

    fn lists(rows: &[&[Option<i32>]]) -> ListArray {
        ListArray::from_iter_primitive::<Int32Type, _, _>(rows.iter().map(|row| Some(row.to_vec())))
    }

    #[test]
    fn lists_of_one_length_are_read_row_by_row() {
        let mut sides = Vec::new();
        let even = lists(&[&[Some(1), Some(2)], &[Some(3), Some(4)], &[Some(5), Some(6)]]);
        assert_eq!(in_lists(&even, &mut sides), Ok(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        assert_eq!(sides, [2]);
        assert_eq!(in_lists(&even.slice(1, 2), &mut sides), Ok(vec![3.0, 4.0, 5.0, 6.0]));
        let uneven = lists(&[&[Some(1), Some(2)], &[Some(3)]]);
        assert_eq!(in_lists(&uneven, &mut sides), Err(Uneven::Length { row: 1, found: 1, expected: 2 }));
        let null = lists(&[&[Some(1), Some(2)], &[Some(3), None]]);
        assert_eq!(in_lists(&null, &mut sides), Err(Uneven::Null { row: 1 }));
    }

    #[test]
    fn numbers_of_all_types_are_read() {
        assert_eq!(floats(&Int32Array::from(vec![1, -2])), Some(vec![1.0, -2.0]));
        assert_eq!(whole(&Int32Array::from(vec![1, -2])), Some(vec![1, -2]));
        assert_eq!(whole(&Float64Array::from(vec![1.0])), None);
        assert_eq!(first_null(&Int32Array::from(vec![Some(1), None])), Some(1));
    }
}
