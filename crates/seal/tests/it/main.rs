//! Sealed files, against the real `sops`.
