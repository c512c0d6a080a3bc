//! One expression in CEL, read within limits: what is known to be wrong is said before it is saved.

use std::collections::BTreeSet;
use std::thread;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, SourceInfo,
};
use cel::common::types::CelInt;
use cel::parser::ParseError;
use model::health_rule::Expressions;

use super::evaluation::{BOUNDED, ENVIRONMENT, WEIGHED, short};

/// How deep an expression may be nested: each level takes some of the stack while it is evaluated.
const DEEPEST: usize = 50;
/// The stack on which it is read. Until it is read nobody knows how deep it is: at most as deep as it has letters.
const STACK: usize = 128 * 1024 * 1024;
/// Letters of what the parser says.
const SAID: usize = 200;

/// What an expression may name of an object, by the fields that almost all have, and the whole of it.
const VARIABLES: [&str; 7] = ["apiVersion", "data", "kind", "metadata", "self", "spec", "status"];
/// Types, to compare `type(x)` with.
const TYPES: [&str; 9] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint"];
/// Functions of the standard library, without those of dates and durations.
const FUNCTIONS: [&str; 18] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "hasValue",
    "int",
    "matches",
    "or",
    "orValue",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
    "value",
    "@in",
];
/// Functions of `optional`.
const OPTIONAL: [&str; 3] = ["none", "of", "ofNonZeroValue"];

/// An expression that was read.
#[derive(Debug)]
pub(super) struct Expression {
    root: IdedExpr,
    variables: BTreeSet<&'static str>,
    depth: usize,
}

/// Why a text is no expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The line and the column, from 1; none where the whole is meant.
    place: Option<(usize, usize)>,
    why: String,
}

impl Wrong {
    fn whole(why: impl Into<String>) -> Self {
        Self { place: None, why: why.into() }
    }

    /// A sentence for people.
    pub(super) fn sentence(&self) -> String {
        let why = self.why.trim_end_matches('.');
        match self.place {
            Some((line, column)) => format!("Line {line}, column {column}: {why}."),
            None => format!("{why}."),
        }
    }
}

impl Expression {
    /// Reads expressions, each for itself.
    pub(super) fn read_all(texts: &[&str]) -> Vec<Result<Self, Wrong>> {
        let work = || texts.iter().map(|text| Self::read(text)).collect();
        let all = |why: &str| texts.iter().map(|_| Err(Wrong::whole(why))).collect();
        thread::scope(|scope| match thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
            Ok(reads) => reads.join().unwrap_or_else(|_| all("The library for CEL failed on it")),
            Err(_) => all("There is no thread left to read it. Try again"),
        })
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::whole("An expression is needed, such as status.ready"));
        }
        if text.len() > Expressions::LIMIT {
            return Err(Wrong::whole(format!("An expression has at most {} bytes", Expressions::LIMIT)));
        }
        let parser = ENVIRONMENT.parser();
        let (mut root, source) =
            parser.parse_with_source_info(text).map_err(|wrong| parsed(text, wrong.errors))?;
        let mut reading = Reading {
            source: &source,
            text,
            names: Vec::new(),
            nodes: 0,
            depth: 0,
            variables: BTreeSet::new(),
        };
        reading.node(&mut root, 0)?;
        let Reading { variables, depth, .. } = reading;
        Ok(Self { root, variables, depth })
    }

    /// What is evaluated.
    pub(super) fn root(&self) -> &IdedExpr {
        &self.root
    }

    /// How deep it is nested.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// What it names of an object.
    pub(super) fn variables(&self) -> &BTreeSet<&'static str> {
        &self.variables
    }
}

/// What the parser said first.
fn parsed(text: &str, errors: Vec<ParseError>) -> Wrong {
    let Some(first) = errors.into_iter().next() else { return Wrong::whole("It cannot be read") };
    let number = |n: isize| usize::try_from(n).unwrap_or(0);
    let (line, column) = (number(first.pos.0), number(first.pos.1));
    // Where it gives up altogether it names no place.
    if line == 0 {
        return Wrong::whole("It cannot be read: it is nested too deeply");
    }
    let why = match first.msg.contains("Recursion limit") {
        true => "It is nested too deeply",
        false => first.msg.trim_start_matches("Syntax error: "),
    };
    let line = line.min(text.lines().count().max(1));
    Wrong { place: Some((line, column.max(1))), why: short(why, SAID) }
}

/// An expression on its way: whether all that it names is there, and how deep it is.
struct Reading<'a> {
    source: &'a SourceInfo,
    text: &'a str,
    /// What `all`, `exists`, `map` and `filter` have named.
    names: Vec<String>,
    /// How many parts were read.
    nodes: i64,
    depth: usize,
    variables: BTreeSet<&'static str>,
}

impl Reading<'_> {
    fn wrong(&self, id: u64, why: impl Into<String>) -> Wrong {
        let before = self.source.offset_for(id).and_then(|(start, _)| self.text.get(..start as usize));
        let place = before.map(|before| {
            let line = before.matches('\n').count() + 1;
            (line, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
        });
        Wrong { place, why: why.into() }
    }

    fn node(&mut self, node: &mut IdedExpr, depth: usize) -> Result<(), Wrong> {
        if depth > DEEPEST {
            return Err(self.wrong(node.id, format!("It is nested deeper than {DEEPEST} levels")));
        }
        let (id, below) = (node.id, depth + 1);
        self.nodes += 1;
        self.depth = self.depth.max(depth);
        match &mut node.expr {
            Expr::Unspecified => Err(self.wrong(id, "Something is missing here")),
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.name(id, name),
            Expr::Select(select) => self.node(&mut select.operand, below),
            Expr::List(list) => list.elements.iter_mut().try_for_each(|element| self.copied(element, below)),
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| self.entry(entry, below)),
            Expr::Struct(_) => Err(self.wrong(id, "There are no message types here")),
            Expr::Call(call) => self.call(id, call, below),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, below),
        }
    }

    fn name(&mut self, id: u64, name: &str) -> Result<(), Wrong> {
        let plain = name.trim_start_matches('.');
        if let Some(variable) = VARIABLES.into_iter().find(|variable| *variable == plain) {
            self.variables.insert(variable);
            return Ok(());
        }
        if TYPES.contains(&plain) || self.names.iter().any(|known| known == name) {
            return Ok(());
        }
        let why = format!(
            "There is no `{plain}`; an object has {}, and `self` is the whole of it",
            told(&VARIABLES)
        );
        Err(self.wrong(id, why))
    }

    fn entry(&mut self, entry: &mut IdedEntryExpr, depth: usize) -> Result<(), Wrong> {
        match &mut entry.expr {
            EntryExpr::MapEntry(entry) => {
                self.node(&mut entry.key, depth)?;
                self.copied(&mut entry.value, depth)
            }
            EntryExpr::StructField(_) => Err(self.wrong(entry.id, "There are no message types here")),
        }
    }

    fn call(&mut self, id: u64, call: &mut CallExpr, depth: usize) -> Result<(), Wrong> {
        let name = call.func_name.as_str();
        let optional = call
            .target
            .as_ref()
            .is_some_and(|of| matches!(&of.expr, Expr::Ident(name) if name == "optional"));
        let full = name.strip_prefix("optional.");
        let known = match (optional, full) {
            (true, _) => OPTIONAL.contains(&name),
            (false, Some(of)) => OPTIONAL.contains(&of),
            // Operators are calls too, by names that nobody can write.
            (false, None) => {
                FUNCTIONS.contains(&name) || !name.starts_with(|c: char| c.is_ascii_alphabetic())
            }
        };
        if !known {
            let count = call.args.len();
            let arguments = if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
            return Err(self.wrong(id, format!("There is no function `{name}` that takes {arguments}")));
        }
        // What decides which of its arguments is looked at costs nothing itself.
        let decides =
            ["_?_:_", "_&&_", "_||_", "!_"].contains(&name) || name.starts_with('@') && name != "@in";
        if let Some(target) = call.target.as_mut().filter(|_| !optional) {
            self.copied(target, depth)?;
        }
        let mut arguments = call.args.iter_mut();
        match decides {
            true => arguments.try_for_each(|argument| self.node(argument, depth)),
            false => arguments.try_for_each(|argument| self.copied(argument, depth)),
        }
    }

    /// What is copied, compared or searched is counted where that may be done for each element of something.
    fn copied(&mut self, node: &mut IdedExpr, depth: usize) -> Result<(), Wrong> {
        self.node(node, depth)?;
        let small = match &node.expr {
            Expr::Literal(_) => true,
            // What was added for it is only a part of what it came from.
            Expr::Ident(name) => name.starts_with('@'),
            // Its elements are counted one by one; as it stands, `map` and `filter` append it without copying what they have.
            Expr::List(_) => true,
            _ => false,
        };
        if !small && !self.names.is_empty() {
            wrap(node, WEIGHED, Vec::new());
        }
        Ok(())
    }

    /// What goes through a list is counted while it does.
    fn comprehension(&mut self, of: &mut ComprehensionExpr, depth: usize) -> Result<(), Wrong> {
        self.node(&mut of.iter_range, depth)?;
        self.node(&mut of.accu_init, depth)?;
        let outer = self.names.len();
        let nodes = self.nodes;
        self.names.push(of.accu_var.clone());
        self.names.push(of.iter_var.clone());
        self.names.extend(of.iter_var2.clone());
        let parts = [&mut of.loop_cond, &mut of.loop_step, &mut of.result];
        parts.into_iter().try_for_each(|part| self.node(part, depth))?;
        self.names.truncate(outer);
        let each = LiteralValue::Int(CelInt::from(self.nodes - nodes));
        wrap(&mut of.iter_range, BOUNDED, vec![IdedExpr { id: 0, expr: Expr::Literal(each) }]);
        Ok(())
    }
}

/// Puts a function around a part of an expression.
fn wrap(node: &mut IdedExpr, name: &str, more: Vec<IdedExpr>) {
    let inner = std::mem::take(node);
    let id = inner.id;
    let args = std::iter::once(inner).chain(more).collect();
    *node = IdedExpr { id, expr: Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }) };
}

fn told(names: &[&str]) -> String {
    let names: Vec<String> =
        names.iter().filter(|name| **name != "self").map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
