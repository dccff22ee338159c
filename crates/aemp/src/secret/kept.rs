//! The secret that is kept in the user's configuration folder.

use std::{fs, io, io::Write, path::Path};

use zeroize::Zeroizing;

use super::{Secret, source::SecretError};

/// The secret in a file.
pub(crate) fn read(path: &Path) -> Result<Secret, SecretError> {
    let unreadable = |error| SecretError::Read { path: path.to_owned(), error };
    let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    Secret::from_text(&text).map_err(|error| SecretError::Mistyped { source_name: path.display().to_string(), error })
}

/// The kept secret; the first to look for it draws it.
pub(crate) fn read_or_draw(path: &Path) -> Result<Secret, SecretError> {
    match read_kept(path) {
        Err(SecretError::Read { error, .. }) if is_absent(&error) => {
            let secret = Secret::generate().map_err(SecretError::Draw)?;
            // Whoever links first wins: what stands there now is the secret of all.
            keep(path, &secret).map_err(|error| SecretError::Keep { path: path.to_owned(), error })?;
            read_kept(path)
        }
        result => result,
    }
}

fn read_kept(path: &Path) -> Result<Secret, SecretError> {
    let unreadable = |error| SecretError::Read { path: path.to_owned(), error };
    if is_open_to_others(&fs::metadata(path).map_err(unreadable)?) {
        return Err(SecretError::Open(path.to_owned()));
    }
    read(path)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Writes the secret under a name of its own and links it into place, so that nobody ever reads half of it.
fn keep(path: &Path, secret: &Secret) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let mut unique = [0; 8];
    getrandom::fill(&mut unique).map_err(io::Error::from)?;
    let temporary = path.with_extension(format!("{:016x}", u64::from_le_bytes(unique)));
    let kept = write_new(&temporary, secret).and_then(|()| fs::hard_link(&temporary, path));
    // A leftover would be harmless: only the user can read it, and its name is never used again.
    let _ = fs::remove_file(&temporary);
    match kept {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

fn write_new(path: &Path, secret: &Secret) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret.to_text().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn is_open_to_others(file: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0
}

/// Elsewhere the user's folder has the permissions.
#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_first_start_draws_and_the_next_ones_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/aemp/secret");
        let first = read_or_draw(&path).unwrap();
        assert_eq!(read_or_draw(&path).unwrap().to_text(), first.to_text());
        assert_eq!(read(&path).unwrap().to_text(), first.to_text());
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn starts_at_the_same_time_agree_on_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aemp/secret");
        let texts: Vec<_> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| read_or_draw(&path).unwrap().to_text());
            let starts: Vec<_> = (0..16).map(|_| start()).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(texts.iter().all(|text| text == &texts[0]));
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        read_or_draw(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read_or_draw(&path), Err(SecretError::Open(_))));
    }

    #[test]
    fn a_damaged_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "aemp1:damaged").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read_or_draw(&path), Err(SecretError::Mistyped { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "aemp1:damaged");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = read_or_draw(Path::new("/dev/null/aemp/secret")).unwrap_err();
        assert!(matches!(&error, SecretError::Keep { .. }), "{error}");
        assert!(error.to_string().contains("/dev/null/aemp/secret"));
    }
}
