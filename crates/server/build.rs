//! Has the page taken in again when it was built again. Debug builds read it from its folder at run time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        // Watching a folder that is not there would build this crate every time.
        let page = "../../web/dist";
        std::fs::create_dir_all(page).expect("the folder of the page can be made");
        println!("cargo::rerun-if-changed={page}");
    }
}
