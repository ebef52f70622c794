//! Keys of maps for serde: text for most, numbers for some.

use super::reader::{Misread, scalar};
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};

/// A key: text, or a number where one is wanted (`message-digest-keys: {1: ...}`).
pub(super) struct Key<'a>(pub &'a str);

macro_rules! numeric_key {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
            scalar(self.0, visitor)
        })*
    };
}

macro_rules! textual_key {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
            // Its text lasts as long as the call, which is all a key's visitor may need.
            visitor.visit_str(self.0)
        })*
    };
}

impl Deserializer<'static> for Key<'_> {
    type Error = Misread;

    numeric_key! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }
    textual_key! {
        deserialize_any deserialize_ignored_any deserialize_str deserialize_string deserialize_char
        deserialize_identifier deserialize_unit deserialize_bytes deserialize_byte_buf deserialize_bool
        deserialize_f32 deserialize_f64 deserialize_seq deserialize_map
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        let text: StrDeserializer<'_, Misread> = self.0.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_str(self.0)
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, _: usize, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_str(self.0)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_str(self.0)
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        visitor.visit_str(self.0)
    }
}
