//! Secrets on the way in. There is no way out: this type is never sent.

use serde::Deserialize;
use utoipa::ToSchema;

/// A secret that a caller sends.
#[derive(Clone, ToSchema)]
#[schema(value_type = String, format = Password)]
pub(crate) struct Secret(model::Secret);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader).map(|text| Self(model::Secret::new(text)))
    }
}

impl From<Secret> for model::Secret {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}
