//! What crosses, as types: names of structs, fields and variants in their order, and kinds of numbers. Figures, texts and lengths of
//! lists are left out, so that it differs only where a message of before would be read as another one.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use sha2::{Digest as _, Sha256};

/// The shape of a value.
pub fn shape_of(value: &impl Serialize) -> String {
    value.serialize(Shape).unwrap()
}

/// A digest of shapes, whatever their order.
pub fn digest(shapes: impl IntoIterator<Item = String>) -> String {
    let shapes: BTreeSet<String> = shapes.into_iter().collect();
    let text = shapes.into_iter().collect::<Vec<_>>().join("\n");
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug)]
struct Never;

impl Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no shape fails")
    }
}

impl std::error::Error for Never {}

impl serde::ser::Error for Never {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

struct Shape;

/// Several parts between brackets; of a list each shape once.
struct Parts {
    parts: Vec<String>,
    head: String,
    is_list: bool,
}

impl Parts {
    const fn new(head: String, is_list: bool) -> Self {
        Self { parts: Vec::new(), head, is_list }
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Never> {
        let part = format!("{name}{}", value.serialize(Shape)?);
        if !self.is_list || !self.parts.contains(&part) {
            self.parts.push(part);
        }
        Ok(())
    }

    fn done(self) -> Result<String, Never> {
        Ok(format!("{}({})", self.head, self.parts.join(",")))
    }
}

macro_rules! primitives {
    ($($name:ident: $of:ty),*) => {
        $(fn $name(self, _: $of) -> Result<String, Never> {
            Ok(stringify!($name).trim_start_matches("serialize_").to_owned())
        })*
    };
}

impl Serializer for Shape {
    type Ok = String;
    type Error = Never;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    primitives!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8]
    );

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Result<String, Never> {
        Ok("none".to_owned())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, Never> {
        Ok(format!("some {}", value.serialize(Self)?))
    }

    fn serialize_unit(self) -> Result<String, Never> {
        Ok("unit".to_owned())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<String, Never> {
        Ok(name.to_owned())
    }

    fn serialize_unit_variant(self, name: &'static str, place: u32, variant: &'static str) -> Result<String, Never> {
        Ok(format!("{name}::{place} {variant}"))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, of: &T) -> Result<String, Never> {
        Ok(format!("{name} {}", of.serialize(Self)?))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        place: u32,
        variant: &'static str,
        of: &T,
    ) -> Result<String, Never> {
        Ok(format!("{name}::{place} {variant} {}", of.serialize(Self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Never> {
        Ok(Parts::new("list".to_owned(), true))
    }

    fn serialize_tuple(self, length: usize) -> Result<Parts, Never> {
        Ok(Parts::new(format!("tuple {length}"), false))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Parts, Never> {
        Ok(Parts::new(name.to_owned(), false))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        place: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Never> {
        Ok(Parts::new(format!("{name}::{place} {variant}"), false))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Never> {
        Ok(Parts::new("map".to_owned(), true))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts, Never> {
        Ok(Parts::new(name.to_owned(), false))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        place: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Never> {
        Ok(Parts::new(format!("{name}::{place} {variant}"), false))
    }
}

macro_rules! of_elements {
    ($($of:ident: $add:ident),*) => {
        $(impl $of for Parts {
            type Ok = String;
            type Error = Never;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
                self.add("", value)
            }

            fn end(self) -> Result<String, Never> {
                self.done()
            }
        })*
    };
}

of_elements!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);

macro_rules! of_fields {
    ($($of:ident),*) => {
        $(impl $of for Parts {
            type Ok = String;
            type Error = Never;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
                self.add(&format!("{name} "), value)
            }

            fn end(self) -> Result<String, Never> {
                self.done()
            }
        })*
    };
}

of_fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Parts {
    type Ok = String;
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        self.add("key ", key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.add("value ", value)
    }

    fn end(self) -> Result<String, Never> {
        self.done()
    }
}

#[test]
fn shapes_tell_types_and_no_values() {
    #[derive(serde::Serialize)]
    enum Kind {
        A,
        B { x: Vec<f64>, y: Option<(u32, String)> },
    }
    let b = |x: &[f64], text: &str| shape_of(&Kind::B { x: x.to_vec(), y: Some((1, text.to_owned())) });
    assert_eq!(b(&[1.0], "a"), "Kind::1 B(x list(f64),y some tuple 2(u32,str))");
    assert_eq!(b(&[1.0], "a"), b(&[2.0, f64::NAN], "b"));
    assert_eq!(shape_of(&Kind::A), "Kind::0 A");
    assert_ne!(digest(["a".to_owned()]), digest(["b".to_owned()]));
}
