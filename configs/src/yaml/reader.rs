//! Reads a tree into a type with more patience than `serde_yaml`, and says exactly where it cannot.
//!
//! Patience: a section with nothing under it is empty, a number is text where text is wanted (`access-list 10`),
//! a signed number stays signed (`metric: +5`). Numbers themselves are `serde_yaml`'s to understand.

use super::tree::{Entry, NodeId, Tree, Value, is_null, is_signed};
use core::fmt;
use core::marker::PhantomData;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};

/// The first thing that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Misread {
    /// Known as soon as the error has left the value it is about.
    pub at: Option<Place>,
    pub what: What,
}

/// What an error is about.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Node(NodeId),
    /// The key of the entry with this value.
    Key(NodeId),
}

#[derive(Clone, Debug)]
pub(super) enum What {
    UnknownKey(String, &'static [&'static str]),
    UnknownChoice(String, &'static [&'static str]),
    Missing(&'static str),
    /// Not of the type wanted, in serde's words for it.
    Type(String),
    /// A value's own parser refused it, in its own words.
    Value(String),
}

impl Misread {
    fn new(what: What) -> Misread {
        Misread { at: None, what }
    }

    fn or_at(mut self, place: Place) -> Misread {
        self.at.get_or_insert(place);
        self
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what)
    }
}

impl core::error::Error for Misread {}

impl de::Error for Misread {
    fn custom<T: fmt::Display>(message: T) -> Misread {
        Misread::new(What::Value(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Misread {
        Misread::new(What::Type(expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Misread {
        Misread::new(What::Type(expected.to_string()))
    }

    fn unknown_variant(found: &str, accepted: &'static [&'static str]) -> Misread {
        Misread::new(What::UnknownChoice(found.to_owned(), accepted))
    }

    fn unknown_field(found: &str, accepted: &'static [&'static str]) -> Misread {
        Misread::new(What::UnknownKey(found.to_owned(), accepted))
    }

    fn missing_field(field: &'static str) -> Misread {
        Misread::new(What::Missing(field))
    }
}

/// Reads the whole tree.
pub(super) fn read<T: de::DeserializeOwned>(tree: &Tree<'_>) -> Result<T, Misread> {
    Reader { tree, id: Tree::ROOT }.read(PhantomData)
}

/// One value of a tree.
#[derive(Copy, Clone)]
struct Reader<'a> {
    tree: &'a Tree<'a>,
    id: NodeId,
}

impl<'a> Reader<'a> {
    fn value(self) -> Result<&'a Value<'a>, Misread> {
        let node = self.tree.nodes.get(self.id);
        node.map(|n| &n.value).ok_or_else(|| Misread::new(What::Value("found nothing".to_owned())))
    }

    /// Reads this value as what `seed` wants. A type that looks twice, such as a prefix at its text, may complain
    /// after this reader has returned: that is about this value as well.
    fn read<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value, Misread> {
        self.here(|| seed.deserialize(self))
    }

    /// Whether there is nothing here: `rip:`.
    fn is_null(self) -> bool {
        matches!(self.value(), Ok(Value::Scalar { text, plain: true }) if is_null(text))
    }

    /// An error inside `read` that does not know better is about this value.
    fn here<T>(self, read: impl FnOnce() -> Result<T, Misread>) -> Result<T, Misread> {
        read().map_err(|error| error.or_at(Place::Node(self.id)))
    }

    fn any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.value()? {
            Value::List(items) => visitor.visit_seq(Items { tree: self.tree, rest: items }),
            Value::Map(entries) => {
                visitor.visit_map(Entries { tree: self.tree, rest: entries, owner: self.id, value: None })
            }
            Value::Scalar { text, plain: true } if !is_signed(text) => scalar(text, visitor),
            Value::Scalar { text, .. } => visitor.visit_str(text),
        }
    }

    fn text<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.value()? {
            Value::Scalar { text, .. } if !self.is_null() => visitor.visit_str(text),
            _ => self.any(visitor),
        }
    }

    fn number<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.value()? {
            Value::Scalar { text, plain: true } => scalar(text, visitor),
            _ => self.any(visitor),
        }
    }
}

/// A plain scalar means what `serde_yaml` says it means.
pub(super) fn scalar<V: Visitor<'static>>(text: &str, visitor: V) -> Result<V::Value, Misread> {
    use serde_yaml::Value as Yaml;
    match serde_yaml::from_str(text) {
        Ok(Yaml::Null) => visitor.visit_unit(),
        Ok(Yaml::Bool(value)) => visitor.visit_bool(value),
        Ok(Yaml::Number(number)) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), ..) => visitor.visit_u64(value),
            (_, Some(value), _) => visitor.visit_i64(value),
            (.., value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
        },
        _ => visitor.visit_str(text),
    }
}

macro_rules! forward {
    ($($method:ident)* => $to:ident) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
            self.here(|| self.$to(visitor))
        })*
    };
}

/// `'static` as the data's lifetime: nothing is borrowed from the tree.
impl Deserializer<'static> for Reader<'_> {
    type Error = Misread;

    forward! { deserialize_any deserialize_ignored_any deserialize_unit deserialize_bytes deserialize_byte_buf => any }
    forward! { deserialize_str deserialize_string deserialize_char deserialize_identifier => text }
    forward! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 => number
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        // Nothing under `rip:` is an empty section, and so enables it. Nothing after `mtu:` is a fault.
        self.here(|| visitor.visit_some(self))
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.here(|| match self.is_null() {
            true => visitor.visit_seq(Items { tree: self.tree, rest: &[] }),
            false => self.any(visitor),
        })
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.here(|| match self.is_null() {
            true => visitor.visit_map(Entries { tree: self.tree, rest: &[], owner: self.id, value: None }),
            false => self.any(visitor),
        })
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        // Serde's structs take a list of their values in order, too: no configuration is meant like that.
        self.here(|| match self.value()? {
            Value::List(_) => Err(Misread::new(What::Type(format!("struct {name}")))),
            _ => self.deserialize_map(visitor),
        })
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.here(|| match self.value()? {
            Value::Scalar { text, .. } => {
                let text: StrDeserializer<'_, Misread> = text.as_ref().into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            Value::Map(entries) => match entries.as_slice() {
                [entry] => visitor.visit_enum(Choice { tree: self.tree, entry }),
                _ => Err(Misread::new(What::Type(format!("one of {}", variants.join(", "))))),
            },
            Value::List(_) => Err(Misread::new(What::UnknownChoice("a list".to_owned(), variants))),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.here(|| visitor.visit_newtype_struct(self))
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, _: usize, visitor: V) -> Result<V::Value, Misread> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.deserialize_seq(visitor)
    }
}

struct Items<'a> {
    tree: &'a Tree<'a>,
    rest: &'a [NodeId],
}

impl de::SeqAccess<'static> for Items<'_> {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'static>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misread> {
        let Some((id, rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        Reader { tree: self.tree, id: *id }.read(seed).map(Some)
    }
}

struct Entries<'a> {
    tree: &'a Tree<'a>,
    rest: &'a [Entry<'a>],
    owner: NodeId,
    value: Option<NodeId>,
}

impl de::MapAccess<'static> for Entries<'_> {
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Misread> {
        let Some((entry, rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        self.value = Some(entry.value);
        read_key(entry, seed).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<T::Value, Misread> {
        let id = self.value.take().unwrap_or(self.owner);
        Reader { tree: self.tree, id }.read(seed)
    }
}

fn read_key<K: DeserializeSeed<'static>>(entry: &Entry<'_>, seed: K) -> Result<K::Value, Misread> {
    seed.deserialize(super::key::Key(entry.key.as_ref()))
        .map_err(|error| error.or_at(Place::Key(entry.value)))
}

/// An enum with a value: `goto: 20`.
struct Choice<'a> {
    tree: &'a Tree<'a>,
    entry: &'a Entry<'a>,
}

impl<'a> de::EnumAccess<'static> for Choice<'a> {
    type Error = Misread;
    type Variant = Reader<'a>;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Reader<'a>), Misread> {
        let variant = read_key(self.entry, seed)?;
        Ok((variant, Reader { tree: self.tree, id: self.entry.value }))
    }
}

impl de::VariantAccess<'static> for Reader<'_> {
    type Error = Misread;

    fn unit_variant(self) -> Result<(), Misread> {
        if self.is_null() {
            return Ok(());
        }
        Err(Misread::new(What::Type("nothing".to_owned())).or_at(Place::Node(self.id)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value, Misread> {
        self.read(seed)
    }

    fn tuple_variant<V: Visitor<'static>>(self, _: usize, visitor: V) -> Result<V::Value, Misread> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.deserialize_map(visitor)
    }
}
