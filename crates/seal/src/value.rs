//! One sealed value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, AES-256-GCM with the value's place as
//! additional data. After `aes/cipher.go` of SOPS 3.13.

use aes_gcm::aead::array::ArraySize;
use aes_gcm::aead::consts::{U12, U32};
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::data_key::DataKey;
use crate::tree::{Text, Value};
use crate::work;

const IV: usize = 32;
const TAG: usize = 16;
const BEGIN: &str = "ENC[AES256_GCM,";

/// What a sealed value holds.
pub(crate) enum Opened {
    Value(Value),
    Comment(Text),
}

/// Whether a text has the form of a sealed value.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(BEGIN)
}

/// The additional data of a place: its keys, each with a colon behind it; a lone colon for the root.
pub(crate) fn place(path: &[String]) -> String {
    let mut place = path.join(":");
    place.push(':');
    place
}

/// Seals text of a type for a place.
pub(crate) fn seal(key: &DataKey, text: &str, kind: &str, place: &str) -> String {
    work::count();
    let mut iv = [0; IV];
    getrandom::fill(&mut iv).expect("the system has random bytes");
    let cipher = AesGcm::<Aes256, U32>::new(&Key::<AesGcm<Aes256, U32>>::from(*key.0));
    let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
    let sealed = cipher
        .encrypt(&Nonce::<U32>::from(iv), payload)
        .expect("texts are far shorter than the cipher's limit");
    let (data, tag) = sealed.split_at(sealed.len() - TAG);
    format!(
        "{BEGIN}data:{},iv:{},tag:{},type:{kind}]",
        STANDARD.encode(data),
        STANDARD.encode(iv),
        STANDARD.encode(tag)
    )
}

/// Opens a sealed value at its place; `None` when it does not open.
pub(crate) fn open(key: &DataKey, sealed: &str, place: &str) -> Option<Opened> {
    let (text, kind) = decrypt(key, sealed, place)?;
    Some(Opened::Value(match kind {
        "str" | "bytes" => Value::Text(text),
        "int" => Value::Integer(text.parse().ok()?),
        "float" => Value::Float(float(&text)?),
        "bool" => Value::Boolean(boolean(&text)?),
        "time" => Value::Time(text.to_string()),
        "comment" => return Some(Opened::Comment(text)),
        _ => return None,
    }))
}

fn decrypt<'a>(key: &DataKey, sealed: &'a str, place: &str) -> Option<(Text, &'a str)> {
    let rest = sealed.strip_prefix(BEGIN)?.strip_prefix("data:")?;
    let (data, rest) = rest.split_once(",iv:")?;
    let (iv, rest) = rest.split_once(",tag:")?;
    let (tag, rest) = rest.split_once(",type:")?;
    let (kind, _) = rest.rsplit_once(']')?;
    let (mut data, iv, tag) =
        (STANDARD.decode(data).ok()?, STANDARD.decode(iv).ok()?, STANDARD.decode(tag).ok()?);
    if tag.len() != TAG {
        return None;
    }
    work::count();
    data.extend_from_slice(&tag);
    // Older programs wrote nonces of other lengths.
    let bytes = match iv.len() {
        IV => gcm::<U32>(key, &iv, &data, place),
        12 => gcm::<U12>(key, &iv, &data, place),
        _ => None,
    }?;
    Some((Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned()), kind))
}

fn gcm<N: ArraySize>(key: &DataKey, iv: &[u8], data: &[u8], place: &str) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = AesGcm::<Aes256, N>::new(&Key::<AesGcm<Aes256, N>>::from(*key.0));
    let nonce = Nonce::<N>::try_from(iv).ok()?;
    cipher.decrypt(&nonce, Payload { msg: data, aad: place.as_bytes() }).ok().map(Zeroizing::new)
}

fn float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        number => number.parse().ok(),
    }
}

/// What Go's `strconv.ParseBool` takes.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_at_its_place() {
        let key = DataKey::generate();
        let path = ["a".to_owned(), "b".to_owned()];
        let sealed = seal(&key, "x", "str", &place(&path));
        assert!(is_sealed(&sealed));
        assert!(
            matches!(open(&key, &sealed, "a:b:"), Some(Opened::Value(Value::Text(t))) if t.as_str() == "x")
        );
        assert!(open(&key, &sealed, "a:c:").is_none());
        assert!(open(&DataKey::generate(), &sealed, "a:b:").is_none());
        assert!(open(&key, &sealed.replace("type:str", "type:new"), "a:b:").is_none());
        assert_eq!(place(&[]), ":");
        for broken in [
            "",
            "ENC[AES256_GCM,]",
            "ENC[AES256_GCM,data:,iv:,tag:,type:str]",
            "ENC[AES256_GCM,data:!,iv:!,tag:!,type:str]",
        ] {
            assert!(open(&key, broken, "a:b:").is_none());
        }
    }
}
