//! Sealed files, against the real `sops`.

mod corpora;
mod opened;
mod refused;
mod sealed;
mod unchanged;
mod world;
