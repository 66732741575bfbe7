//! [`Rendered`]: the image of one examination, what two readers drew on it, and the truth.

use crate::{
    acquire,
    anatomy::{self, Tissue},
    config::Grid,
    lesion, reader,
    subject::Subject,
    surround,
};
use dlr_core::{Case, Geometry, Mask, Result, Volume};
use ndarray::{Array3, Zip};

/// One examination as it comes from the scanner and the reading room, with the truth beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Whole numbers from 0 to 65535, as a scanner stores them.
    pub image: Volume,
    /// The tumour as the first reader drew it.
    pub mass: Mask,
    /// The tumour as the second reader drew it.
    pub mass_second: Mask,
    /// Tumour and visible oedema together, as the first reader drew them; `None` where nobody drew the oedema.
    pub edema: Option<Mask>,
    /// Where everything really is.
    pub truth: Truth,
}

/// Where everything really is, before any reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The tumour.
    pub tumour: Mask,
    /// Oedema above a quarter of its strength at the border.
    pub visible: Mask,
    /// Where the streaks of the context can be: half their strength or more.
    pub context: Mask,
    /// Body without bone, skin and tumour.
    pub host: Mask,
    /// Body.
    pub body: Mask,
    /// Bone.
    pub bone: Mask,
    /// The square of the corner mark, whether there is a mark or not.
    pub corner: Mask,
}

impl Truth {
    /// Every mask with its word: `tumour`, `vis`, `ctx`, `host`, `body`, `bone`, `corner`.
    pub fn named(&self) -> [(&'static str, &Mask); 7] {
        [
            ("tumour", &self.tumour),
            ("vis", &self.visible),
            ("ctx", &self.context),
            ("host", &self.host),
            ("body", &self.body),
            ("bone", &self.bone),
            ("corner", &self.corner),
        ]
    }
}

impl Rendered {
    /// The examination as a case: masks `mass`, `mass2` and, where it was drawn, `edema`; clinical values of the table.
    pub fn into_case(self, subject: &Subject, with_truth: bool) -> Case {
        let mut case = Case::new(&subject.id, &subject.patient, self.image)
            .with_mask("mass", self.mass)
            .with_mask("mass2", self.mass_second);
        case.masks.extend(self.edema.map(|edema| ("edema".to_owned(), edema)));
        if with_truth {
            case.masks.extend(self.truth.named().map(|(word, mask)| (format!("truth_{word}"), mask.clone())));
        }
        case.clinical = subject.clinical();
        case
    }
}

/// The grid of a scanner, its middle at the origin of the patient.
fn geometry(subject: &Subject, grid: Grid) -> Result<Geometry> {
    let (shape, coarseness) = (grid.shape(), grid.coarseness());
    let spacing = [0, 1, 2].map(|a| subject.scanner.spacing_mm[a] * coarseness[a]);
    let plain = Geometry::axis_aligned(shape, spacing)?;
    let [z, y, x] = [0, 1, 2].map(|a| -(shape[a] as f64 - 1.0) / 2.0 * spacing[a]);
    Geometry::new(shape, spacing, [x, y, z], plain.direction())
}

/// Makes everything, in the order of the protocol: anatomy, lesion, surroundings, acquisition, readers.
pub(crate) fn render(subject: &Subject, grid: Grid) -> Result<Rendered> {
    let geometry = geometry(subject, grid)?;
    let mut anatomy = anatomy::build(subject, &geometry);
    let tumour = lesion::grow(subject, &geometry, &mut anatomy)?;
    let signed_mm = dlr_imaging::distance::signed(&tumour);
    let inside = tumour.voxels().to_owned();
    let surround = surround::spread(subject, &geometry, &mut anatomy, &inside, &signed_mm);
    let body = anatomy.tissue.map(|tissue| *tissue != Tissue::Air);
    let bone = anatomy.tissue.map(|tissue| matches!(tissue, Tissue::Cortex | Tissue::Marrow));
    let image = acquire::scan(subject, &geometry, &anatomy.signal, &body);
    let mass = reader::FIRST.draw(subject, &geometry, &signed_mm, &body);
    let second = reader::SECOND.draw(subject, &geometry, &signed_mm, &body);
    let edema = subject.has_oedema_contour.then(|| union(&mass, &surround.visible));
    let mask = |voxels| Mask::new(geometry, voxels);
    Ok(Rendered {
        image: Volume::new(geometry, image)?,
        mass: mask(mass)?,
        mass_second: mask(second)?,
        edema: edema.map(mask).transpose()?,
        truth: Truth {
            tumour,
            visible: mask(surround.visible)?,
            context: mask(surround.context)?,
            host: mask(surround.host)?,
            body: mask(body)?,
            bone: mask(bone)?,
            corner: mask(acquire::corner(&geometry))?,
        },
    })
}

fn union(a: &Array3<bool>, b: &Array3<bool>) -> Array3<bool> {
    let mut out = a.clone();
    Zip::from(&mut out).and(b).for_each(|out, b| *out |= b);
    out
}
