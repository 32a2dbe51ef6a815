//! A command of WASI preview 1: reads a word from its input, and prints as JSON how often a file of the job has it.
//! rustc --edition 2021 --target wasm32-wasip1 -C opt-level=s -C panic=abort -C lto=fat -C codegen-units=1 -C strip=symbols count.rs
use std::{env, fs, io};

fn main() {
    let path = env::args().nth(1).expect("which file?");
    let text = fs::read_to_string(&path).expect("the file").to_lowercase();
    let word = io::read_to_string(io::stdin()).unwrap();
    let count = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| *w == word).count();
    println!("{{\"word\":\"{word}\",\"count\":{count}}}");
}
