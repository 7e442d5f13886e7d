//! The machine that a pickle is written for, as far as plain data need it.

use std::collections::HashMap;

use super::{CALLS, Id, MOST_STEPS, Value};

/// Reads a pickle: all values that it builds, and the one that it is.
pub(super) fn run(bytes: &[u8]) -> Result<(Vec<Value<'_>>, Id), String> {
    let mut machine = Machine { bytes, ..Machine::default() };
    for _ in 0..MOST_STEPS {
        if machine.step()? {
            let root = machine.pop()?;
            return Ok((machine.values, root));
        }
    }
    Err(format!("a pickle of more than {MOST_STEPS} steps"))
}

/// The machine while it reads.
#[derive(Default)]
struct Machine<'a> {
    bytes: &'a [u8],
    place: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack at which something was marked.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Machine<'a> {
    /// Does one step; true at the end.
    fn step(&mut self) -> Result<bool, String> {
        let place = self.place;
        let [code] = self.take_array()?;
        match code {
            b'.' => return Ok(true),
            0x80 => drop(self.take(1)?),
            // A frame only says how much may be read at once.
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(code)?,
            b'N' | 0x88 | 0x89 | b'K' | b'M' | b'J' | b'G' | 0x8a => self.number(code)?,
            b'U' | b'T' | b'C' | b'B' | 0x8e | 0x96 | b'X' | 0x8c | 0x8d => self.string(code)?,
            b')' | b't' | 0x85..=0x87 | b']' | b'l' | b'}' | b'd' => self.collection(code)?,
            b'a' | b'e' => self.append(code == b'e')?,
            b's' | b'u' => self.set_items(code == b'u')?,
            b'c' | 0x93 => self.global(code == b'c')?,
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let callable = self.pop()?;
                if !matches!(self.values[callable.0 as usize], Value::Global(_)) {
                    return Err(format!("a call of a value at byte {place}"));
                }
                self.push(Value::Call { callable, arguments, state: None });
            }
            b'b' => {
                let given = self.pop()?;
                let top = self.top()?;
                match &mut self.values[top.0 as usize] {
                    Value::Call { state, .. } => *state = Some(given),
                    _ => return Err(format!("a state of a plain value at byte {place}")),
                }
            }
            code => return Err(format!("the step {code:#04x} at byte {place}, which plain data need not")),
        }
        Ok(false)
    }

    fn push(&mut self, value: Value<'a>) {
        // The number of steps keeps this within 32 bits.
        let id = Id(self.values.len() as u32);
        self.values.push(value);
        self.stack.push(id);
    }

    /// The lowest height to which the stack may be taken down.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id, String> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn top(&self) -> Result<Id, String> {
        let top = self.stack.last().filter(|_| self.stack.len() > self.floor());
        top.copied().ok_or_else(|| format!("a step at byte {} without what it works on", self.place))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or_else(|| format!("no mark before byte {}", self.place))?;
        Ok(self.stack.split_off(mark))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.place.checked_add(length).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| format!("a pickle that ends at byte {}, before its own end", self.bytes.len()))?;
        let taken = &self.bytes[self.place..end];
        self.place = end;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N).map(|bytes| bytes.try_into().unwrap_or([0; N]))
    }

    fn take_line(&mut self) -> Result<&'a str, String> {
        let rest = &self.bytes[self.place..];
        let end = rest.iter().take(256).position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| format!("a name without end at byte {}", self.place))?;
        let line = std::str::from_utf8(self.take(end)?)
            .map_err(|_| format!("a name that is no text at byte {}", self.place))?;
        self.take(1)?;
        Ok(line)
    }

    /// Keeps what is on top under a number, or puts what was kept there on top.
    fn remember(&mut self, code: u8) -> Result<(), String> {
        let key = match code {
            b'q' | b'h' => u32::from(self.take_array::<1>()?[0]),
            b'r' | b'j' => u32::from_le_bytes(self.take_array()?),
            _ => self.memo.len() as u32,
        };
        if matches!(code, b'h' | b'j') {
            let kept = self.memo.get(&key).copied().ok_or_else(|| format!("nothing kept under {key}"))?;
            self.stack.push(kept);
        } else {
            let top = self.top()?;
            self.memo.insert(key, top);
        }
        Ok(())
    }

    fn number(&mut self, code: u8) -> Result<(), String> {
        let value = match code {
            b'N' => Value::Other,
            0x88 => Value::Whole(1),
            0x89 => Value::Whole(0),
            b'K' => Value::Whole(i64::from(self.take_array::<1>()?[0])),
            b'M' => Value::Whole(i64::from(u16::from_le_bytes(self.take_array()?))),
            b'J' => Value::Whole(i64::from(i32::from_le_bytes(self.take_array()?))),
            b'G' => {
                self.take(8)?;
                Value::Other
            }
            _ => {
                let length = usize::from(self.take_array::<1>()?[0]);
                let bytes = self.take(length)?;
                if length > 8 {
                    return Err(format!("a whole number of {length} bytes"));
                }
                // Two's complement: the sign fills what is missing.
                let sign = bytes.last().map_or(0, |&last| if last & 0x80 == 0 { 0 } else { 0xff });
                let mut whole = [sign; 8];
                whole[..length].copy_from_slice(bytes);
                Value::Whole(i64::from_le_bytes(whole))
            }
        };
        self.push(value);
        Ok(())
    }

    fn string(&mut self, code: u8) -> Result<(), String> {
        let length = match code {
            b'U' | b'C' | 0x8c => u64::from(self.take_array::<1>()?[0]),
            b'T' | b'B' | b'X' => u64::from(u32::from_le_bytes(self.take_array()?)),
            _ => u64::from_le_bytes(self.take_array()?),
        };
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        let is_text = matches!(code, b'X' | 0x8c | 0x8d);
        let value = if is_text {
            Value::Text(
                std::str::from_utf8(bytes).map_err(|_| format!("a text that is none before byte {}", self.place))?,
            )
        } else {
            Value::Bytes(bytes)
        };
        self.push(value);
        Ok(())
    }

    fn collection(&mut self, code: u8) -> Result<(), String> {
        let value = match code {
            b')' => Value::Tuple(Vec::new()),
            b']' => Value::List(Vec::new()),
            b'}' => Value::Dict(Vec::new()),
            b't' => Value::Tuple(self.pop_to_mark()?),
            b'l' => Value::List(self.pop_to_mark()?),
            b'd' => Value::Dict(pairs(&self.pop_to_mark()?)),
            code => {
                let mut items = (0..code - 0x84).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
                items.reverse();
                Value::Tuple(items)
            }
        };
        self.push(value);
        Ok(())
    }

    fn append(&mut self, are_many: bool) -> Result<(), String> {
        let items = if are_many { self.pop_to_mark()? } else { vec![self.pop()?] };
        let top = self.top()?;
        match &mut self.values[top.0 as usize] {
            Value::List(list) => list.extend(items),
            _ => return Err(format!("an item for what is no list at byte {}", self.place)),
        }
        Ok(())
    }

    fn set_items(&mut self, are_many: bool) -> Result<(), String> {
        let items = if are_many {
            self.pop_to_mark()?
        } else {
            let value = self.pop()?;
            vec![self.pop()?, value]
        };
        let top = self.top()?;
        match &mut self.values[top.0 as usize] {
            Value::Dict(dict) => dict.extend(pairs(&items)),
            _ => return Err(format!("a key for what is no dictionary at byte {}", self.place)),
        }
        Ok(())
    }

    fn global(&mut self, are_lines: bool) -> Result<(), String> {
        let (module, name) = if are_lines {
            (self.take_line()?, self.take_line()?)
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            match (&self.values[module.0 as usize], &self.values[name.0 as usize]) {
                (Value::Text(module), Value::Text(name)) => (*module, *name),
                _ => return Err(format!("a call without a name at byte {}", self.place)),
            }
        };
        let place = CALLS.iter().position(|known| *known == (module, name));
        let place = place.ok_or_else(|| format!("a pickle that calls `{module}.{name}`, which is never done"))?;
        self.push(Value::Global(place));
        Ok(())
    }
}

fn pairs(items: &[Id]) -> Vec<(Id, Id)> {
    items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}
