//! `routerd health`: one line and an exit status, for `HEALTHCHECK` and whoever else waits for a node.

use cli::client::SocketBackend;
use cli::{Backend, Command, Reply, Show};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

/// A router that has not answered by then is not well.
const PATIENCE: Duration = Duration::from_secs(3);

/// 0: the router answers, its configuration is in force, and it has converged. 1: not so, and why.
pub fn main(socket: &Path) -> ExitCode {
    match ask(socket) {
        Ok(problems) if problems.is_empty() => {
            println!("healthy");
            ExitCode::SUCCESS
        }
        Ok(problems) => {
            println!("unhealthy: {}", problems.join("; "));
            ExitCode::FAILURE
        }
        Err(reason) => {
            println!("unhealthy: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// What is not well, according to the router. `Err`: it does not say.
fn ask(socket: &Path) -> Result<Vec<String>, String> {
    let (answer, answered) = mpsc::channel();
    let path = socket.to_owned();
    // On a thread of its own: nothing else can be done about a router that takes a connection and says nothing.
    std::thread::spawn(move || {
        let reply =
            SocketBackend::connect(&path).map(|mut router| router.execute(Command::Show(Show::Health)));
        let _ = answer.send(reply);
    });
    let path = socket.display();
    match answered.recv_timeout(PATIENCE) {
        Ok(Ok(Reply::Health(problems))) => Ok(problems),
        Ok(Ok(Reply::Error(reason))) => Err(reason),
        Ok(Ok(_)) => Err("the router is of another version".to_owned()),
        Ok(Err(error)) => Err(format!("no router answers at {path}: {error}")),
        Err(_) => Err(format!("the router at {path} has not answered for {} seconds", PATIENCE.as_secs())),
    }
}
