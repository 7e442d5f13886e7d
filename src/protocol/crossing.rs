//! How those fields cross between processes that have no form of their own for it: what is shared, and settings, whose files may
//! leave things out and say them in several ways, so that only their text says them all.

use std::ops::Deref;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that is shared, as the value.
pub(super) mod shared {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(value, serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

/// Shared values one after the other.
pub(super) mod all_shared {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(values: &[Arc<T>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| &**value))
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Arc<T>>, D::Error> {
        Ok(Vec::<T>::deserialize(deserializer)?.into_iter().map(Arc::new).collect())
    }
}

/// A shared value, or why there is none.
pub(super) mod shared_or_reason {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Result<Arc<T>, String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_deref().serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<Arc<T>, String>, D::Error> {
        Ok(Result::<T, String>::deserialize(deserializer)?.map(Arc::new))
    }
}

/// Settings as the text of their file. It keeps numbers to the last bit, and those that are not finite.
pub(super) mod text {
    use serde::de::Error as _;
    use serde::ser::Error as _;

    use super::{Deref, Deserialize, DeserializeOwned, Deserializer, Serialize, Serializer};

    pub fn serialize<B, S>(value: &B, serializer: S) -> Result<S::Ok, S::Error>
    where
        B: Deref<Target: Serialize>,
        S: Serializer,
    {
        toml::to_string(&**value).map_err(S::Error::custom)?.serialize(serializer)
    }

    pub fn deserialize<'de, B, D>(deserializer: D) -> Result<B, D::Error>
    where
        B: Deref<Target: DeserializeOwned + Sized> + From<B::Target>,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(deserializer)?;
        toml::from_str::<B::Target>(&text).map(B::from).map_err(D::Error::custom)
    }
}
