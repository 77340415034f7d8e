import locale
import time

locale.setlocale(locale.LC_ALL, "")
print(time.strftime("%A %H:%M", time.localtime(0)))
open("/data/written", "w").close()
