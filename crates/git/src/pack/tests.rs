use proptest::prelude::*;

use super::*;

fn small() -> Limits {
    Limits { objects: 100, object_bytes: 4096, inflated_bytes: 20_000, delta_depth: 10, ..Limits::default() }
}

fn blob(bytes: impl Into<Bytes>) -> Object {
    Object::new(Kind::Blob, bytes).unwrap()
}

/// A pack of parts: type code, what stands before the data (a base), and the data.
fn pack_of(parts: &[(u8, Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"PACK\0\0\0\x02".to_vec();
    out.extend_from_slice(&(parts.len() as u32).to_be_bytes());
    for (code, base, data) in parts {
        header(&mut out, *code, data.len());
        out.extend_from_slice(base);
        let mut stream = ZlibEncoder::new(&mut out, Compression::fast());
        stream.write_all(data).unwrap();
        stream.finish().unwrap();
    }
    seal(out)
}

fn seal(mut out: Vec<u8>) -> Vec<u8> {
    let sum = object::checksum(&out).unwrap();
    out.extend_from_slice(sum.as_slice());
    out
}

/// A delta that appends one byte to a base.
fn append(base: &[u8], byte: u8) -> Vec<u8> {
    assert!(base.len() < 0x7f);
    vec![base.len() as u8, base.len() as u8 + 1, 0x90, base.len() as u8, 1, byte]
}

#[test]
fn deltas_by_id_may_stand_before_their_base() {
    let first = blob(&b"one"[..]);
    let second = blob(&b"one2"[..]);
    let pack = pack_of(&[
        (7, second.id.as_slice().to_vec(), append(b"one2", b'3')),
        (7, first.id.as_slice().to_vec(), append(b"one", b'2')),
        (3, vec![], b"one".to_vec()),
    ]);
    let objects = read(&pack, &small()).unwrap();
    assert_eq!(objects, [blob(&b"one23"[..]), second, first]);
}

#[test]
fn a_chain_of_deltas_has_a_limit() {
    assert_eq!(read(&offset_deltas(10), &small()).unwrap().len(), 11);
    let error = read(&offset_deltas(11), &small()).unwrap_err().to_string();
    assert!(error.contains("limit of 10 deltas"), "{error}");
}

/// A blob and deltas that each stand on the object before.
fn offset_deltas(count: u8) -> Vec<u8> {
    let mut out = b"PACK\0\0\0\x02".to_vec();
    out.extend_from_slice(&(u32::from(count) + 1).to_be_bytes());
    let mut bytes = b"x".to_vec();
    let mut last = 0;
    for i in 0..=count {
        let start = out.len();
        let data = if i == 0 { bytes.clone() } else { append(&bytes, i) };
        header(&mut out, if i == 0 { 3 } else { 6 }, data.len());
        if i > 0 {
            out.push((start - last) as u8);
            bytes.push(i);
        }
        let mut stream = ZlibEncoder::new(&mut out, Compression::fast());
        stream.write_all(&data).unwrap();
        stream.finish().unwrap();
        last = start;
    }
    seal(out)
}

#[test]
fn damaged_packs_are_refused() {
    let good = write(&[blob(&b"hello"[..])]).unwrap().to_vec();
    assert_eq!(read(&good, &small()).unwrap().len(), 1);
    for i in 0..good.len() {
        let mut bad = good.clone();
        bad[i] ^= 1;
        assert!(read(&bad, &small()).is_err(), "bit of byte {i}");
        assert!(read(&good[..i], &small()).is_err(), "cut at {i}");
    }
}

#[test]
fn every_limit_is_named() {
    let body = |head: &[u8]| seal([b"PACK\0\0\0\x02", head].concat());
    let many = write(&(0..101).map(|i| blob(vec![i])).collect::<Vec<_>>()).unwrap();
    let large = write(&[blob(vec![0; 5000])]).unwrap();
    let all = write(&(0..6).map(|i| blob(vec![i; 4000])).collect::<Vec<_>>()).unwrap();
    for (pack, word) in [
        (many.to_vec(), "100 objects"),
        (large.to_vec(), "limit of 4 KiB"),
        (all.to_vec(), "20000 bytes"),
        (body(b"\xff\xff\xff\xff"), "100 objects"),
        (body(b"\0\0\0\x01\xbf\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "impossible size"),
        (body(b"\0\0\0\x01\xbf\xff\xff\x01"), "4 KiB"),
        (body(b"\0\0\0\x01\x61\x05aaaaaaaaaa"), "cannot be inflated"),
        (body(b"\0\0\0\x01\x61\x7faaaaaaaaaa"), "before its pack"),
        (body(b"\0\0\0\0aa"), "after its last"),
        (body(b"\0\0\0\x01\x50aa"), "unknown type"),
    ] {
        let error = read(&pack, &small()).unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn what_says_little_and_inflates_to_much_is_stopped() {
    let mut out = b"PACK\0\0\0\x02\0\0\0\x01".to_vec();
    header(&mut out, 3, 10);
    let mut stream = ZlibEncoder::new(&mut out, Compression::fast());
    stream.write_all(&vec![0; 10_000_000]).unwrap();
    stream.finish().unwrap();
    let error = read(&seal(out), &small()).unwrap_err().to_string();
    assert!(error.contains("cannot be inflated"), "{error}");
}

#[test]
fn a_delta_without_base_is_refused() {
    let pack = pack_of(&[(7, blob(&b"absent"[..]).id.as_slice().to_vec(), append(b"absent", b'!'))]);
    assert!(read(&pack, &small()).unwrap_err().to_string().contains("base is missing"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(all in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..20)) {
        let objects: Vec<_> = all.into_iter().map(blob).collect();
        prop_assert_eq!(read(&write(&objects).unwrap(), &small()).unwrap(), objects);
    }

    #[test]
    fn any_bytes_end(count in 0_u8..4, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let pack = seal([b"PACK\0\0\0\x02\0\0\0", &[count][..], &bytes].concat());
        let _ = read(&pack, &small());
    }
}
