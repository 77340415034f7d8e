"""fat.py FOLDER: an image as fat as real ones, made and not fetched, as OCI layouts FOLDER/image and FOLDER/changed (one small layer is another).

Base layer: Debian 13 with 400 packages in dpkg's status, 20 files and an .md5sums each, and the shared libraries and programs of this machine's /usr as far
as 150 MB go. Second: 1,500 node_modules, 200 wheels, 100 jars. Third: Go programs (go, gofmt, and gofmt stripped) and Rust's (what ~/.cargo/bin has), and a text."""
import gzip, hashlib, io, json, os, random, shutil, subprocess, sys, tarfile, zipfile

folder = sys.argv[1]
chance = random.Random(20261126)
shutil.rmtree(folder, ignore_errors=True)


class Layer:
    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.GNU_FORMAT)

    def add(self, path, content, mode=0o644):
        info = tarfile.TarInfo(path)
        content = content.encode() if isinstance(content, str) else content
        info.size, info.mode = len(content), mode
        self.tar.addfile(info, io.BytesIO(content))

    def close(self):
        self.tar.close()
        return self.buffer.getvalue()


def base():
    layer, status = Layer(), []
    layer.add("etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n')
    layer.add("etc/debian_version", "13.0\n")
    room, machine = 150_000_000, []
    for name in sorted(os.listdir("/usr/lib/x86_64-linux-gnu")) + sorted(os.listdir("/usr/bin")):
        path = next(p for p in (f"/usr/lib/x86_64-linux-gnu/{name}", f"/usr/bin/{name}") if os.path.lexists(p))
        if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) < min(room, 4_000_000):
            machine.append(path)
            room -= os.path.getsize(path)
    for number in range(400):
        name = f"source-{number}"  # as the generated records call them
        status.append(f"Package: {name}\nStatus: install ok installed\nMaintainer: Debian <debian@lists.debian.org>\nArchitecture: amd64\nVersion: {1 + number % 9}.{chance.randrange(30)}.3-2\nDescription: made for a measurement\n")
        sums = []
        files = [(f"usr/share/{name}/{each}.txt", chance.randbytes(chance.randrange(200, 20000))) for each in range(20)]
        for path in machine[number::400]:
            with open(path, "rb") as file:
                files.append((path[1:], file.read()))
        for path, content in files:
            layer.add(path, content, 0o755 if path.startswith("usr/bin") else 0o644)
            sums.append(f"{hashlib.md5(content).hexdigest()}  {path}\n")
        layer.add(f"var/lib/dpkg/info/{name}.md5sums", "".join(sums))
        layer.add(f"var/lib/dpkg/info/{name}.list", "/.\n" + "".join(f"/{path}\n" for path, _ in files))
    layer.add("var/lib/dpkg/status", "\n".join(status))
    return layer.close()


def languages():
    layer = Layer()
    for number in range(1500):
        place = f"app/node_modules/part-{number}"
        layer.add(f"{place}/package.json", json.dumps({"name": f"part-{number}", "version": f"1.{number % 40}.{number % 7}", "license": "MIT", "main": "index.js"}))
        layer.add(f"{place}/index.js", "module.exports = " + json.dumps({str(each): chance.random() for each in range(60)}))
    for number in range(200):
        place = f"usr/local/lib/python3.13/site-packages/wheel_{number}"
        layer.add(f"{place}/__init__.py", f"number = {number}\n" * 200)
        layer.add(f"{place}-1.{number}.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: wheel-{number}\nVersion: 1.{number}.0\n")
        layer.add(f"{place}-1.{number}.0.dist-info/RECORD", f"wheel_{number}/__init__.py,,\nwheel_{number}-1.{number}.0.dist-info/METADATA,,\n")
    for number in range(100):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as jar:
            jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
            jar.writestr(f"META-INF/maven/org.made/jar-{number}/pom.properties", f"groupId=org.made\nartifactId=jar-{number}\nversion=2.{number}\n")
            for each in range(200):
                jar.writestr(f"org/made/C{each}.class", chance.randbytes(1500))
        layer.add(f"app/lib/jar-{number}-2.{number}.jar", held.getvalue())
    return layer.close()


def programs(text):
    layer = Layer()
    go = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip() + "/bin/"
    rust = os.path.expanduser("~/.cargo/bin")
    for path in [go + "go", go + "gofmt"] + [os.path.join(rust, name) for name in (sorted(os.listdir(rust))[:1] if os.path.isdir(rust) else [])]:
        with open(path, "rb") as file:
            layer.add("app/bin/" + os.path.basename(path), file.read(), 0o755)
    subprocess.run(["strip", "-o", "/dev/stdout", go + "gofmt"], stdout=open(folder + ".stripped", "wb"), check=True)
    with open(folder + ".stripped", "rb") as file:
        layer.add("app/bin/gofmt-stripped", file.read(), 0o755)
    os.unlink(folder + ".stripped")
    layer.add("app/text", text)
    return layer.close()


def write(place, layers):
    os.makedirs(f"{place}/blobs/sha256")

    def blob(content):
        digest = hashlib.sha256(content).hexdigest()
        with open(f"{place}/blobs/sha256/{digest}", "wb") as file:
            file.write(content)
        return {"digest": "sha256:" + digest, "size": len(content)}

    held = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(packed)} for _, packed in layers]
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest() for plain, _ in layers]},
              "history": [{"created_by": f"layer {number}"} for number in range(len(layers))]}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(json.dumps(config).encode())}, "layers": held}
    entry = {"mediaType": manifest["mediaType"], **blob(json.dumps(manifest).encode()), "platform": {"architecture": "amd64", "os": "linux"}, "annotations": {"org.opencontainers.image.ref.name": "1"}}
    with open(f"{place}/index.json", "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    with open(f"{place}/oci-layout", "w", encoding="utf-8") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')


os.makedirs(folder)
made = [(plain, gzip.compress(plain, 6, mtime=0)) for plain in (base(), languages(), programs("first\n"), programs("second\n"))]
write(f"{folder}/image", made[:3])
write(f"{folder}/changed", made[:2] + made[3:])
print(f"{sum(len(plain) for plain, _ in made[:3]) / 1e6:.0f} MB in files, {sum(len(packed) for _, packed in made[:3]) / 1e6:.0f} MB packed", file=sys.stderr)
