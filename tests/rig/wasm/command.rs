//! A command of many small tricks, for the tests of the worktime `wasm`: its first argument says which.
//! Built with: rustc --target wasm32-wasip1 -C opt-level=s -C strip=debuginfo -C panic=abort command.rs
use std::io::{Read, Write};
use std::{env, fs, io, process, thread, time};

fn main() {
    let args: Vec<String> = env::args().collect();
    let word = |i: usize| args.get(i).map(String::as_str).unwrap_or("");
    match word(1) {
        "" | "cat" => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).unwrap();
            io::stdout().write_all(&bytes).unwrap();
        }
        "args" => print!("{}", args.join("|")),
        "env" => print!("{}", env::vars().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("|")),
        "read" => print!("{}", fs::read_to_string(word(2)).unwrap_or_else(|e| format!("{:?}", e.kind()))),
        "list" => {
            let mut names: Vec<String> =
                fs::read_dir(word(2)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            print!("{}", names.join("|"));
        }
        "spoil" => {
            let path = word(2);
            let outcomes = [
                fs::write(path, "changed").err().map(|e| e.kind()),
                fs::OpenOptions::new().append(true).open(path).err().map(|e| e.kind()),
                fs::remove_file(path).err().map(|e| e.kind()),
                fs::rename(path, "/tmp/stolen").err().map(|e| e.kind()),
                fs::create_dir("/made").err().map(|e| e.kind()),
                fs::write("/home/pyodide/new.txt", "new").err().map(|e| e.kind()),
            ];
            print!("{} {}", outcomes.iter().filter(|o| o.is_some()).count(), fs::read_to_string(path).unwrap());
        }
        "scratch" => {
            let was = fs::read_to_string("/tmp/note").unwrap_or_default();
            fs::create_dir_all("/tmp/deep/er").unwrap();
            fs::write("/tmp/note", format!("{was}x")).unwrap();
            fs::rename("/tmp/note", "/tmp/deep/er/note").unwrap();
            print!("{}", fs::read_to_string("/tmp/deep/er/note").unwrap());
        }
        "exit" => {
            eprintln!("going to exit");
            process::exit(word(2).parse().unwrap());
        }
        "panic" => panic!("what I wanted to say"),
        "say" => {
            eprintln!("one");
            eprint!("two");
            print!("done");
        }
        "clock" => {
            let begin = time::Instant::now();
            thread::sleep(time::Duration::from_millis(20));
            let slept = begin.elapsed().as_millis() >= 20;
            let now = time::SystemTime::now().duration_since(time::UNIX_EPOCH).unwrap().as_secs();
            print!("{slept} {now}");
        }
        "hash" => {
            // The standard library seeds its hash maps by random_get.
            use std::hash::{BuildHasher, RandomState};
            print!("{}", RandomState::new().hash_one(1));
        }
        "big" => {
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..word(2).parse::<usize>().unwrap() {
                io::stdout().write_all(&piece).unwrap();
            }
        }
        "socket" => print!("{:?}", std::net::TcpStream::connect("127.0.0.1:80").err().map(|e| e.kind())),
        other => panic!("no trick {other}"),
    }
}
