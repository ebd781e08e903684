//! What tells one state of a world from another: a mark of 128 bits.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher as _};

use super::world::World;

/// Takes text in, and is left with a mark of it.
struct Marker(DefaultHasher, DefaultHasher);

impl fmt::Write for Marker {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        self.1.write(text.as_bytes());
        Ok(())
    }
}

impl World {
    /// Equal for states from which the same can come. It is made of all that machines and tables know, what is under way, and
    /// the time; not of the seed, so it means something only while links are perfect, nor of what has happened.
    pub fn mark(&self) -> u128 {
        let mut second = DefaultHasher::new();
        second.write_u8(1);
        let mut marker = Marker(DefaultHasher::new(), second);
        self.write_state(&mut marker).expect("a mark takes any text");
        (u128::from(marker.0.finish()) << 64) | u128::from(marker.1.finish())
    }

    fn write_state(&self, marker: &mut Marker) -> fmt::Result {
        write!(marker, "{} {:?} ", self.now, self.homes)?;
        self.network.write(marker)?;
        for (name, site) in &self.sites {
            write!(marker, "{name} {:?} {} ", site.incarnation, site.frozen)?;
            if let Some(process) = &site.process {
                process.write(marker)?;
            }
        }
        Ok(())
    }
}
