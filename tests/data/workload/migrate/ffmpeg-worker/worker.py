import subprocess

print(subprocess.run(["pdftotext", "-v"], capture_output=True, text=True).stderr)
