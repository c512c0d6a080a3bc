//! What an expression gives for an object, at a bounded cost.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::thread;

use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelOptional, CelString,
    CelUInt, DYN_TYPE, INT_TYPE, STRING_TYPE,
};
use cel::common::value::{CowVal, Val};
use cel::{Context, Env, ExecutionError, Value as Cel};
use serde_json::Value;

use super::expression::Expression;

/// What one evaluation may cost: what its loops walk through, with all that is in it, for each time that they do, and what
/// they do with each element.
const STEPS: u64 = 500_000;
/// So many letters cost as much as an element.
const LETTERS: usize = 64;
/// What comparing with a pattern counts for.
const PATTERN_STEPS: u64 = 500;
/// Largest pattern that is read, in bytes of what it becomes.
const PATTERN_SIZE: usize = 256 * 1024;
/// Letters of what an evaluation says about a failure.
const SAID: usize = 300;

/// Expressions of so many levels are evaluated on the stack of whoever asks: a level takes up to 50 KiB of it in a program that
/// is not optimised (seen 2026-11-23).
const SHALLOW: usize = 10;
/// The stack for all others.
const STACK: usize = 16 * 1024 * 1024;

/// The function around what `all`, `exists`, `map` and `filter` walk through; nobody can write its name.
pub(super) const BOUNDED: &str = "@bounded";
/// The function around what is copied or compared for each element.
pub(super) const WEIGHED: &str = "@weighed";

/// What an expression gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so, or not.
    Truth(bool),
    /// A text.
    Text(String),
    /// The object lacks a field or an element that it asks for: it is not so.
    Missing(String),
    /// It cannot be told for this object.
    Failed(String),
}

/// What expressions are read and evaluated with.
pub(super) static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(environment()));

thread_local! {
    /// Steps that the evaluation on this thread has left; none once there were too many.
    static LEFT: Cell<Option<u64>> = const { Cell::new(Some(STEPS)) };
}

fn environment() -> Env {
    let mut env = Env::stdlib();
    let unique = "the standard library has no function of this name";
    env.add_overload(BOUNDED, "bounded", vec![DYN_TYPE, INT_TYPE], bounded).expect(unique);
    env.add_overload(WEIGHED, "weighed", vec![DYN_TYPE], weighed).expect(unique);
    env.add_overload("matches", "matches", vec![STRING_TYPE, STRING_TYPE], matches).expect(unique);
    env.add_member_overload("matches", "matches_string", STRING_TYPE, vec![STRING_TYPE], matches)
        .expect(unique);
    env
}

/// Hands a list or map on that is walked through, and counts what that costs: each of its elements is copied, and takes as
/// many steps as the second argument says.
fn bounded<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let each = args.pop().and_then(|each| each.downcast_ref::<CelInt>().map(|each| *each.inner()));
    let range = args.pop().ok_or_else(ExecutionError::missing_argument_or_target)?;
    let size = range.as_sizer().map_or(0, |sizer| *sizer.size().inner());
    spend(u64::try_from(size.saturating_mul(each.unwrap_or(1))).unwrap_or(0))?;
    spend_on(range)
}

/// Hands a value on and counts what is in it.
fn weighed<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    spend_on(args.pop().ok_or_else(ExecutionError::missing_argument_or_target)?)
}

fn spend_on<'b, 'v>(value: CowVal<'b, 'v>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let left = LEFT.get().and_then(|left| weigh(value.as_ref(), left));
    LEFT.set(left);
    left.map(|_| value).ok_or_else(too_much)
}

/// What is left of so many steps after a value and all that is in it; none where that is more.
fn weigh(value: &dyn Val, left: u64) -> Option<u64> {
    let left = left.checked_sub(1)?;
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list.inner().iter().try_fold(left, |left, item| weigh(item.as_ref(), left));
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        return map.inner().values().try_fold(left, |left, item| weigh(item.as_ref(), left));
    }
    if let Some(optional) = value.downcast_ref::<CelOptional>() {
        return optional.inner().map_or(Some(left), |inner| weigh(inner, left));
    }
    let text = value.downcast_ref::<CelString>().map(|text| text.inner().len());
    let letters = text.or_else(|| value.downcast_ref::<CelBytes>().map(|bytes| bytes.inner().len()));
    left.checked_sub((letters.unwrap_or(0) / LETTERS) as u64)
}

/// As the standard one, whose patterns may become of any size.
fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    spend(PATTERN_STEPS)?;
    let text = |at: usize| {
        args.get(at).and_then(|arg| arg.downcast_ref::<CelString>()).map(|s| s.inner().to_owned())
    };
    let (Some(text), Some(pattern)) = (text(0), text(1)) else {
        return Err(ExecutionError::function_error("matches", "it takes a text and a pattern"));
    };
    let pattern = regex::RegexBuilder::new(&pattern).size_limit(PATTERN_SIZE).build().map_err(|error| {
        // The first lines draw the pattern.
        let why = error.to_string().lines().last().unwrap_or_default().to_owned();
        ExecutionError::function_error("matches", why)
    })?;
    Ok(CowVal::owned(CelBool::from(pattern.is_match(&text))))
}

fn spend(steps: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().and_then(|left| left.checked_sub(steps));
    LEFT.set(left);
    left.map(|_| ()).ok_or_else(too_much)
}

fn too_much() -> ExecutionError {
    ExecutionError::function_error("all", "too many steps")
}

/// Evaluates an expression for an object. One that is nested deeply gets a stack of its own.
pub(super) fn evaluate(expression: &Expression, live: &Value) -> Answer {
    if expression.depth() <= SHALLOW {
        return evaluate_here(expression, live);
    }
    thread::scope(|scope| {
        let deep = thread::Builder::new().stack_size(STACK);
        match deep.spawn_scoped(scope, || evaluate_here(expression, live)) {
            Ok(answer) => {
                answer.join().unwrap_or_else(|_| Answer::Failed("the library for CEL failed".into()))
            }
            Err(error) => Answer::Failed(format!("there is no thread left for it: {error}")),
        }
    })
}

fn evaluate_here(expression: &Expression, live: &Value) -> Answer {
    LEFT.set(Some(STEPS));
    let work = || {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        for name in expression.variables() {
            context.add_variable_as_val(*name, variable(live, name));
        }
        Cel::resolve(expression.root(), &context)
    };
    // The expression is a person's, the library somebody else's: neither ends the process.
    let Ok(found) = catch_unwind(AssertUnwindSafe(work)) else {
        return Answer::Failed("the library for CEL failed".into());
    };
    if LEFT.get().is_none() {
        return Answer::Failed(format!(
            "it takes more than {STEPS} steps: lists within lists count once for each element of the outer one"
        ));
    }
    match found {
        Ok(Cel::Bool(truth)) => Answer::Truth(truth),
        Ok(Cel::String(text)) => Answer::Text(text.as_str().to_owned()),
        Ok(other) => Answer::Failed(format!("it gives a value of the type {}", other.type_of())),
        Err(error) => failure(&error),
    }
}

/// What an object has under a name, or the whole. A field that it lacks is there without anything in it, so that
/// `has(status.x)` is false.
fn variable<'v>(live: &'v Value, name: &str) -> Box<dyn Val + 'v> {
    match (name, &live[name]) {
        ("self", _) => value(live),
        ("apiVersion" | "kind", Value::Null) => Box::new(CelString::from("")),
        (_, Value::Null) => Box::new(CelMap::from(HashMap::new())),
        (_, found) => value(found),
    }
}

/// JSON as CEL has it; whole numbers are of the type `int`, as in Kubernetes.
fn value(json: &Value) -> Box<dyn Val + '_> {
    match json {
        Value::Null => Box::new(CelNull),
        Value::Bool(truth) => Box::new(CelBool::from(*truth)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Box::new(CelInt::from(number)),
            (None, Some(number)) => Box::new(CelUInt::from(number)),
            (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(items) => Box::new(CelList::from(items.iter().map(value).collect::<Vec<_>>())),
        Value::Object(fields) => {
            let key = |name: &'_ String| CelMapKey::String(CelString::from(name.clone()));
            let keyed = fields.iter().map(|(name, json)| (key(name), value(json)));
            Box::new(CelMap::from(keyed.collect::<HashMap<_, _>>()))
        }
    }
}

/// What an error means. Values of the object are not repeated: they may be long.
fn failure(error: &ExecutionError) -> Answer {
    Answer::Failed(match error {
        ExecutionError::NoSuchKey(name) => return Answer::Missing(format!("there is no `{name}`")),
        ExecutionError::IndexOutOfBounds(_) => return Answer::Missing("a list has no such element".into()),
        ExecutionError::UnexpectedType { got, want } => {
            format!("a value of the type {want} is wanted, and it is {got}")
        }
        ExecutionError::FunctionError { function, message } => format!("`{function}`: {message}"),
        ExecutionError::ValuesNotComparable(left, right) => {
            format!(
                "a value of the type {} and one of the type {} cannot be compared",
                left.type_of(),
                right.type_of()
            )
        }
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            format!("`{operator}` is not for the types {} and {}", left.type_of(), right.type_of())
        }
        ExecutionError::Overflow(operator, ..) => format!("the result of `{operator}` is too large"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "it divides by zero".into(),
        ExecutionError::UnsupportedIndex(index, of) => {
            format!(
                "a value of the type {} has no element by a value of the type {}",
                of.type_of(),
                index.type_of()
            )
        }
        other => short(&other.to_string(), SAID),
    })
}

/// One line of at most so many letters.
pub(super) fn short(text: &str, most: usize) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
