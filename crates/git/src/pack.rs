//! Packs: many objects in one stream, read with limits and written without deltas (gitformat-pack).

use std::collections::HashMap;
use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, Decompress, FlushDecompress, Status, write::ZlibEncoder};

use crate::delta;
use crate::error::Error;
use crate::limits::{Limits, too_large};
use crate::object::{self, ID_BYTES, Id, Kind, Object};
use crate::pkt::broken;

const HEADER: usize = 12;

/// Reads all objects of a pack. Deltas may build on objects of the pack only.
///
/// # Errors
/// When the pack is damaged or larger than the limits.
pub fn read(pack: &[u8], limits: &Limits) -> Result<Vec<Object>, Error> {
    if pack.len() < HEADER + ID_BYTES || !pack.starts_with(b"PACK") {
        return Err(broken("there is no pack where one has to be"));
    }
    let (body, checksum) = pack.split_at(pack.len() - ID_BYTES);
    if object::checksum(body)?.as_slice() != checksum {
        return Err(broken("a pack is damaged: its checksum is wrong"));
    }
    let word = |at: usize| u32::from_be_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]) as usize;
    if !matches!(word(4), 2 | 3) {
        return Err(broken(format!("a pack has the unknown version {}", word(4))));
    }
    let count = word(8);
    if count > limits.objects {
        return Err(too_large("the number of objects in a pack", limits.objects, "objects"));
    }
    // Each object takes several bytes: a count that the pack cannot hold reserves no memory.
    let mut reader = Reader {
        body,
        at: HEADER,
        inflated: 0,
        limits,
        entries: Vec::with_capacity(count.min(body.len() / 8)),
    };
    for _ in 0..count {
        reader.entry()?;
    }
    if reader.at != body.len() {
        return Err(broken("a pack has bytes after its last object"));
    }
    resolve(reader.entries, reader.inflated, limits)
}

/// An object as it stands in the pack.
struct Entry {
    offset: usize,
    base: Base,
    bytes: Vec<u8>,
}

enum Base {
    /// None: the bytes are the object.
    Whole(Kind),
    /// The object at this place of the pack.
    Offset(usize),
    /// The object of this id.
    Id(Id),
}

struct Reader<'a> {
    body: &'a [u8],
    at: usize,
    inflated: usize,
    limits: &'a Limits,
    entries: Vec<Entry>,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, Error> {
        let byte = *self.body.get(self.at).ok_or_else(|| broken("a pack is cut off"))?;
        self.at += 1;
        Ok(byte)
    }

    fn entry(&mut self) -> Result<(), Error> {
        let offset = self.at;
        let first = self.byte()?;
        let mut size = usize::from(first & 15);
        let mut shift = 4;
        let mut byte = first;
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            if shift > 40 {
                return Err(broken("an object in a pack has an impossible size"));
            }
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
        }
        let base = match (first >> 4) & 7 {
            1 => Base::Whole(Kind::Commit),
            2 => Base::Whole(Kind::Tree),
            3 => Base::Whole(Kind::Blob),
            4 => Base::Whole(Kind::Tag),
            6 => Base::Offset(self.base_offset(offset)?),
            7 => Base::Id(self.base_id()?),
            _ => return Err(broken("a pack has an object of an unknown type")),
        };
        let bytes = self.inflate(size)?;
        self.entries.push(Entry { offset, base, bytes });
        Ok(())
    }

    fn base_offset(&mut self, own: usize) -> Result<usize, Error> {
        let mut byte = self.byte()?;
        let mut back = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            if back >= 1 << 48 {
                return Err(broken("a delta points before its pack"));
            }
            back = ((back + 1) << 7) | usize::from(byte & 0x7f);
        }
        own.checked_sub(back).filter(|_| back > 0).ok_or_else(|| broken("a delta points before its pack"))
    }

    fn base_id(&mut self) -> Result<Id, Error> {
        let bytes = self.body.get(self.at..self.at + ID_BYTES).ok_or_else(|| broken("a pack is cut off"))?;
        self.at += ID_BYTES;
        Ok(Id::from_bytes_or_panic(bytes))
    }

    fn inflate(&mut self, size: usize) -> Result<Vec<u8>, Error> {
        if size > self.limits.object_bytes {
            return Err(too_large("an object", self.limits.object_bytes, "bytes"));
        }
        self.inflated += size;
        if self.inflated > self.limits.inflated_bytes {
            return Err(too_large("the inflated pack", self.limits.inflated_bytes, "bytes"));
        }
        let damaged = || broken("an object in a pack cannot be inflated");
        let mut stream = Decompress::new(true);
        // One byte more than needed: the end of the stream is seen only with room left.
        let mut out = Vec::with_capacity(size + 1);
        loop {
            let before = (stream.total_in(), out.len());
            let used = usize::try_from(before.0).map_err(|_| damaged())?;
            let input = self.body.get(self.at + used..).ok_or_else(damaged)?;
            let status =
                stream.decompress_vec(input, &mut out, FlushDecompress::None).map_err(|_| damaged())?;
            if status == Status::StreamEnd {
                break;
            }
            if out.len() > size || (stream.total_in(), out.len()) == before {
                return Err(damaged());
            }
        }
        if out.len() != size {
            return Err(damaged());
        }
        self.at += usize::try_from(stream.total_in()).map_err(|_| damaged())?;
        Ok(out)
    }
}

/// Turns deltas into objects.
fn resolve(entries: Vec<Entry>, mut inflated: usize, limits: &Limits) -> Result<Vec<Object>, Error> {
    let places: HashMap<usize, usize> =
        entries.iter().enumerate().map(|(i, entry)| (entry.offset, i)).collect();
    let mut done: Vec<Option<Object>> = vec![None; entries.len()];
    let mut depths = vec![0; entries.len()];
    let mut ids = HashMap::new();
    for (i, entry) in entries.iter().enumerate() {
        if let Base::Whole(kind) = entry.base {
            let object = Object::new(kind, entry.bytes.clone())?;
            ids.insert(object.id, i);
            done[i] = Some(object);
        }
    }
    let mut open: Vec<usize> = (0..entries.len()).filter(|i| done[*i].is_none()).collect();
    // A base given by id may itself be a delta later in the pack: rounds go on as long as one brings something.
    while !open.is_empty() {
        let before = open.len();
        let mut still = Vec::new();
        for i in open {
            let Some((from, chain)) = chain(&entries, &done, (&places, &ids), i)? else {
                still.push(i);
                continue;
            };
            let mut depth: usize = depths[from];
            let mut base = done[from].clone().ok_or_else(|| Error::Bug("a base is not finished".into()))?;
            for step in chain.into_iter().rev() {
                depth += 1;
                if depth > limits.delta_depth {
                    return Err(too_large("the chain of deltas in a pack", limits.delta_depth, "deltas"));
                }
                depths[step] = depth;
                inflated += delta::result_size(&entries[step].bytes)?;
                if inflated > limits.inflated_bytes {
                    return Err(too_large("the inflated pack", limits.inflated_bytes, "bytes"));
                }
                let bytes = delta::apply(&base.bytes, &entries[step].bytes, limits.object_bytes)?;
                base = Object::new(base.kind, bytes)?;
                ids.insert(base.id, step);
                done[step] = Some(base.clone());
            }
        }
        if still.len() == before {
            return Err(broken("a pack has a delta whose base is missing"));
        }
        open = still;
    }
    Ok(done.into_iter().flatten().collect())
}

/// Where deltas find their bases: by place in the pack, and by id.
type Bases<'a> = (&'a HashMap<usize, usize>, &'a HashMap<Id, usize>);

/// The place of the finished object that the delta `i` builds on in the end, and the deltas on the way, `i` first.
/// `None` when a base is not known yet.
fn chain(
    entries: &[Entry],
    done: &[Option<Object>],
    (places, ids): Bases<'_>,
    i: usize,
) -> Result<Option<(usize, Vec<usize>)>, Error> {
    let mut steps = Vec::new();
    let mut at = i;
    loop {
        if done[at].is_some() {
            return Ok(Some((at, steps)));
        }
        if steps.len() > entries.len() {
            return Err(broken("a pack has deltas that build on each other in a circle"));
        }
        steps.push(at);
        at = match &entries[at].base {
            Base::Whole(_) => return Err(Error::Bug("a whole object was left open".into())),
            Base::Offset(offset) => {
                *places.get(offset).ok_or_else(|| broken("a delta points between the objects of its pack"))?
            }
            Base::Id(id) => match ids.get(id) {
                Some(at) => *at,
                None => return Ok(None),
            },
        };
    }
}

/// Writes objects as a pack.
///
/// # Errors
/// When there are more objects than a pack can count.
pub fn write(objects: &[Object]) -> Result<Bytes, Error> {
    let count =
        u32::try_from(objects.len()).map_err(|_| too_large("a pack", u32::MAX as usize, "objects"))?;
    let mut out = b"PACK\0\0\0\x02".to_vec();
    out.extend_from_slice(&count.to_be_bytes());
    for object in objects {
        let code = match object.kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        header(&mut out, code, object.bytes.len());
        let mut stream = ZlibEncoder::new(&mut out, Compression::default());
        let written = stream.write_all(&object.bytes).and_then(|()| stream.finish().map(|_| ()));
        written.map_err(|e| Error::Bug(format!("an object cannot be compressed: {e}")))?;
    }
    let checksum = object::checksum(&out)?;
    out.extend_from_slice(checksum.as_slice());
    Ok(out.into())
}

/// Appends type and size of an object.
fn header(out: &mut Vec<u8>, code: u8, size: usize) {
    let mut byte = code << 4 | (size & 15) as u8;
    let mut rest = size >> 4;
    while rest > 0 {
        out.push(byte | 0x80);
        byte = (rest & 0x7f) as u8;
        rest >>= 7;
    }
    out.push(byte);
}

#[cfg(test)]
mod tests;
