package ui

import (
	"image"
	"image/color"
	"image/draw"
)

// framed gives a picture in two colours with a white frame of some pixels, which
// readers of QR codes need.
func framed(m image.Image, frame int) image.Image {
	b := m.Bounds()
	out := image.NewPaletted(image.Rect(0, 0, b.Dx()+2*frame, b.Dy()+2*frame), color.Palette{color.White, color.Black})
	draw.Draw(out, image.Rect(frame, frame, frame+b.Dx(), frame+b.Dy()), m, b.Min, draw.Src)
	return out
}
