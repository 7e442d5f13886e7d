//! Keyboard layouts: which character stands on which key.
//!
//! Shortcuts are characters, and where those stand differs: digits need Shift on a French keyboard, brackets need AltGr on a
//! German one, and a Russian one has no Latin letters. No system tells a program what stands on the keys before they are
//! pressed, so the layout is recognised by what is typed; the tables are those of X.Org's `xkeyboard-config`.

use egui::{Context, Event, Id, Key};

/// A key that gives no character by itself, but an accent to the next one.
const DEAD: char = '◌';
/// How many of the newest characters tell layouts apart.
const NUM_REMEMBERED: usize = 12;

/// The keys that layouts differ in, named as on a US keyboard, in the order of the tables: a row of keys after the other,
/// then the two keys that stand elsewhere on some keyboards.
pub const PLACES: [Key; 48] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
    Key::Num0,
    Key::Minus,
    Key::Equals,
    Key::Q,
    Key::W,
    Key::E,
    Key::R,
    Key::T,
    Key::Y,
    Key::U,
    Key::I,
    Key::O,
    Key::P,
    Key::OpenBracket,
    Key::CloseBracket,
    Key::A,
    Key::S,
    Key::D,
    Key::F,
    Key::G,
    Key::H,
    Key::J,
    Key::K,
    Key::L,
    Key::Semicolon,
    Key::Quote,
    Key::Backslash,
    Key::Z,
    Key::X,
    Key::C,
    Key::V,
    Key::B,
    Key::N,
    Key::M,
    Key::Comma,
    Key::Period,
    Key::Slash,
    Key::IntlBackslash,
    Key::Backtick,
];

/// A layout that the window knows. Others are taken for the US one, which has the same Latin letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyboardLayout {
    /// QWERTY.
    #[default]
    Us,
    /// QWERTZ, brackets with AltGr.
    German,
    /// AZERTY, digits with Shift.
    French,
    /// QWERTZ, digits with Shift.
    Czech,
    /// ЙЦУКЕН, no Latin letters.
    Russian,
}

/// What is held beside a key for its character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Plain,
    /// Shift.
    Shift,
    /// The key at the right of the space bar.
    AltGr,
}

impl Level {
    /// All of them, the easiest first.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Shift, Self::AltGr];
}

impl KeyboardLayout {
    /// All of them, the most usual first.
    pub const ALL: [Self; 5] = [Self::Us, Self::German, Self::French, Self::Czech, Self::Russian];

    /// What stands on [`PLACES`]: alone, with Shift and with AltGr. A space where nothing does.
    const fn table(self) -> [&'static str; 3] {
        match self {
            Self::Us => [
                r"1234567890-=qwertyuiop[]asdfghjkl;'\zxcvbnm,./<`",
                r#"!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?>~"#,
                "",
            ],
            Self::German => [
                "1234567890ß◌qwertzuiopü+asdfghjklöä#yxcvbnm,.-<◌",
                r#"!"§$%&/()=?◌QWERTZUIOPÜ*ASDFGHJKLÖÄ'YXCVBNM;:_>°"#,
                r"¹²³¼½¬{[]}\◌@ſ€¶ŧ←↓→øþ◌~æſðđŋħ◌ĸł◌◌’»«¢„“”µ·…–|′",
            ],
            Self::French => [
                r#"&é"'(-è_çà)=azertyuiop◌$qsdfghjklmù*wxcvbn,;:!<²"#,
                "1234567890°+AZERTYUIOP◌£QSDFGHJKLM%µWXCVBN?./§>~",
                r"¹~#{[|`\^@]}æ«€¶ŧ←↓→øþ◌¤@ßðđŋħ◌ĸłµ◌◌ł»¢„“”◌•·◌|¬",
            ],
            Self::Czech => [
                r"+ěščřžýáíé=◌qwertzuiopú)asdfghjklů§◌yxcvbnm,.-\;",
                r#"1234567890%◌QWERTZUIOP/(ASDFGHJKL"!'YXCVBNM?:_|◌"#,
                r"!@#$%^&*{}\◌\|€¶ŧ←↓→øþ[]~đĐ[]`'łŁ$'\°#&@{}^<>*/`",
            ],
            Self::Russian => [
                r"1234567890-=йцукенгшщзхъфывапролджэ\ячсмитьбю./ё",
                r#"!"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/ЯЧСМИТЬБЮ,|Ё"#,
                "       ₽",
            ],
        }
    }

    /// The character that a key gives; `None` for a key that gives none, or an accent to the next one.
    #[must_use]
    pub fn character(self, place: Key, level: Level) -> Option<char> {
        let index = PLACES.iter().position(|other| *other == place)?;
        let table = self.table();
        let of = |row: &str| row.chars().nth(index).filter(|letter| *letter != ' ');
        // A key without a third character gives its first.
        let letter = of(table[level as usize]).or_else(|| of(table[0]))?;
        (letter != DEAD).then_some(letter)
    }

    /// The key that egui reports: that of the character where there is one of it, else that of the place.
    #[must_use]
    pub fn reported(self, place: Key, level: Level) -> Key {
        self.character(place, level).and_then(key_of).unwrap_or(place)
    }

    /// Whether a key gives this character, small or capital.
    fn agrees(self, seen: &Seen) -> bool {
        let level = if seen.is_shifted { Level::Shift } else { Level::Plain };
        self.character(seen.place, level).is_some_and(|letter| letter.to_lowercase().eq(seen.letter.to_lowercase()))
    }
}

/// The key that is named for a character.
#[must_use]
pub fn key_of(letter: char) -> Option<Key> {
    Key::from_name(letter.encode_utf8(&mut [0; 4]))
}

/// A character that was typed, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    place: Key,
    is_shifted: bool,
    letter: char,
}

/// What is known of the keyboard.
#[derive(Debug, Clone, Default)]
struct Keyboard {
    layout: KeyboardLayout,
    /// The newest last.
    seen: Vec<Seen>,
    /// Keys that are down, by their places: whoever lets go of Shift first releases another character than was pressed.
    down: Vec<Key>,
    /// Those that went down in this frame.
    fresh: Vec<Key>,
}

impl Keyboard {
    /// Follows which keys are down.
    fn follow(&mut self, event: &Event) {
        match event {
            Event::Key { physical_key: Some(place), pressed: true, .. } if !self.down.contains(place) => {
                self.down.push(*place);
                self.fresh.push(*place);
            }
            Event::Key { physical_key: Some(place), pressed: false, .. } => self.down.retain(|other| other != place),
            // Releases go to another window.
            Event::WindowFocused(_) => self.down.clear(),
            _ => {}
        }
    }

    /// Takes a character into account. One that no layout has there says nothing.
    fn see(&mut self, seen: Seen) {
        self.seen.retain(|other| (other.place, other.is_shifted) != (seen.place, seen.is_shifted));
        self.seen.push(seen);
        if self.seen.len() > NUM_REMEMBERED {
            self.seen.remove(0);
        }
        if self.layout.agrees(&seen) {
            return;
        }
        // The newest one decides: people switch layouts. Older ones tell apart those that have it.
        let num_agreed = |layout: KeyboardLayout| self.seen.iter().filter(|seen| layout.agrees(seen)).count();
        let agreeing = KeyboardLayout::ALL.into_iter().rev().filter(|layout| layout.agrees(&seen));
        self.layout = agreeing.max_by_key(|layout| num_agreed(*layout)).unwrap_or(self.layout);
    }
}

fn id() -> Id {
    Id::unique("keyboard layout")
}

/// Learns the layout from what was typed in this frame, and which keys went down. Once a frame, before anything takes events.
pub fn learn(ctx: &Context) {
    let mut keyboard: Keyboard = ctx.data(|data| data.get_temp(id())).unwrap_or_default();
    keyboard.fresh.clear();
    ctx.input(|input| {
        input.events.iter().for_each(|event| keyboard.follow(event));
        (0..input.events.len()).filter_map(|at| seen(&input.events[at..])).for_each(|seen| keyboard.see(seen));
    });
    ctx.data_mut(|data| data.insert_temp(id(), keyboard));
}

/// The keys that went down in this frame and were not down before, by their places.
#[must_use]
pub fn fresh(ctx: &Context) -> Vec<Key> {
    ctx.data(|data| data.get_temp::<Keyboard>(id())).unwrap_or_default().fresh
}

/// What the first of these events says: its character follows it, or is its key where that is not the one of the place.
fn seen(events: &[Event]) -> Option<Seen> {
    let Event::Key { key, physical_key: Some(place), pressed: true, modifiers, .. } = events.first()? else {
        return None;
    };
    if modifiers.alt || !PLACES.contains(place) {
        return None;
    }
    let text = match events.get(1) {
        Some(Event::Text(text)) => Some(text.as_str()),
        _ => Some(key.symbol_or_name()).filter(|_| key != place),
    };
    let mut letters = text?.chars();
    let (letter, None) = (letters.next()?, letters.next()) else { return None };
    Some(Seen { place: *place, is_shifted: modifiers.shift, letter })
}

/// The layout of the keyboard, as far as it is known.
#[must_use]
pub fn current(ctx: &Context) -> KeyboardLayout {
    ctx.data(|data| data.get_temp::<Keyboard>(id())).unwrap_or_default().layout
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_complete_and_say_what_is_printed_on_the_keys() {
        for layout in KeyboardLayout::ALL {
            let lengths = layout.table().map(|row| row.chars().count());
            assert_eq!(lengths[..2], [PLACES.len(); 2], "{layout:?}");
            assert!(lengths[2] <= PLACES.len(), "{layout:?}");
        }
        let of = KeyboardLayout::character;
        assert_eq!(of(KeyboardLayout::French, Key::Num3, Level::Plain), Some('"'));
        assert_eq!(of(KeyboardLayout::French, Key::Num5, Level::AltGr), Some('['));
        assert_eq!(of(KeyboardLayout::German, Key::Y, Level::Shift), Some('Z'));
        assert_eq!(of(KeyboardLayout::German, Key::Equals, Level::Plain), None);
        assert_eq!(of(KeyboardLayout::Czech, Key::Num1, Level::Plain), Some('+'));
        assert_eq!(of(KeyboardLayout::Russian, Key::S, Level::Plain), Some('ы'));
        assert_eq!(of(KeyboardLayout::Us, Key::S, Level::AltGr), Some('s'));
        assert_eq!(KeyboardLayout::French.reported(Key::Num3, Level::Plain), Key::Num3);
        assert_eq!(KeyboardLayout::French.reported(Key::Num6, Level::Plain), Key::Minus);
        assert_eq!(KeyboardLayout::Russian.reported(Key::OpenBracket, Level::Plain), Key::OpenBracket);
    }

    /// The layout after these keys were pressed one after the other on another one.
    fn after(keyboard: &mut Keyboard, layout: KeyboardLayout, places: &[Key]) -> KeyboardLayout {
        for place in places {
            let letter = layout.character(*place, Level::Plain).expect("a character");
            keyboard.see(Seen { place: *place, is_shifted: false, letter });
        }
        keyboard.layout
    }

    #[test]
    fn a_layout_is_recognised_by_what_is_typed_and_the_newest_counts() {
        for layout in KeyboardLayout::ALL {
            let mut keyboard = Keyboard::default();
            assert_eq!(after(&mut keyboard, layout, &[Key::S, Key::Q, Key::Y, Key::Num2]), layout);
            for other in KeyboardLayout::ALL {
                assert_eq!(after(&mut keyboard, other, &[Key::Q, Key::Y, Key::Num2, Key::Semicolon]), other);
            }
        }
        // A letter that none of them has says nothing.
        let mut keyboard = Keyboard::default();
        keyboard.see(Seen { place: Key::S, is_shifted: false, letter: 'σ' });
        assert_eq!(keyboard.layout, KeyboardLayout::Us);
    }

    #[test]
    fn a_key_that_is_let_go_after_shift_goes_down_anew() {
        let key = |key, pressed| Event::Key {
            key,
            physical_key: Some(Key::Num1),
            pressed,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        let mut keyboard = Keyboard::default();
        // A Czech digit: without Shift the key has a plus.
        for event in [key(Key::Num1, true), key(Key::Num1, true), key(Key::Plus, false), key(Key::Num1, true)] {
            keyboard.follow(&event);
        }
        assert_eq!(keyboard.fresh, [Key::Num1; 2], "held once, pressed twice");
    }

    #[test]
    fn what_is_typed_is_read_off_the_events() {
        let press = |key, place, modifiers| Event::Key {
            key,
            physical_key: Some(place),
            pressed: true,
            repeat: false,
            modifiers,
        };
        let plain = egui::Modifiers::NONE;
        let typed = [press(Key::Q, Key::Q, plain), Event::Text("й".to_owned())];
        assert_eq!(seen(&typed), Some(Seen { place: Key::Q, is_shifted: false, letter: 'й' }));
        // With Ctrl no text follows.
        let command = [press(Key::A, Key::Q, egui::Modifiers::COMMAND)];
        assert_eq!(seen(&command).map(|seen| seen.letter), Some('A'));
        assert_eq!(seen(&[press(Key::Q, Key::Q, egui::Modifiers::COMMAND)]), None);
        assert_eq!(seen(&[press(Key::F2, Key::F2, plain), Event::Text("x".to_owned())]), None);
    }
}
