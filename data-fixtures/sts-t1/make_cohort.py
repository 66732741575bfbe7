"""Makes cohort.csv (the manifest that dlr reads) from clinical.csv and the files in images/. Run it in this folder."""

import csv
import os

UPPER = ["arm", "hand", "forearm", "elbow", "shoulder", "wrist"]
LOWER = ["thigh", "leg", "calf", "buttock", "knee", "foot", "fossa", "adduct", "quadri", "hip", "ankle"]


def site(text):
    for group, words in [("upper limb", UPPER), ("lower limb", LOWER)]:
        if any(word in text.lower() for word in words):
            return group
    return "trunk"


clinical = {row["patient_id"]: row for row in csv.DictReader(open("clinical.csv", encoding="utf-8"))}
with open("cohort.csv", "w", newline="", encoding="utf-8") as out:
    table = csv.writer(out, lineterminator="\n")
    table.writerow("ID Image Mask patient role center label age sex site histology grade".split())
    for name in sorted(os.listdir("images")):
        if name.endswith("_T1.nii.gz"):
            case = name[: -len("_T1.nii.gz")]
            row = clinical[case]
            files = [f"images/{case}_T1.nii.gz", f"images/{case}_mask.nii.gz"]
            who = [case, "train", "McGill", row["high_grade"], row["age"], row["sex"], site(row["site"])]
            table.writerow([case, *files, *who, row["histological_type"], row["grade"]])
