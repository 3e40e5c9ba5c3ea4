package sim

// word returns a text in the language that Lang asks for. Without Lang it is Chinese, so a
// client that forgets to send Lang is noticed.
func (v *view) word(english string) string {
	if w, ok := chinese[english]; ok && v.chinese {
		return w
	}
	return english
}

var chinese = map[string]string{
	"China (Hangzhou)":      "华东1（杭州）",
	"China (Shanghai)":      "华东2（上海）",
	"China (Beijing)":       "华北2（北京）",
	"China (Shenzhen)":      "华南1（深圳）",
	"Outside Alibaba Cloud": "非阿里云",
	"Singapore":             "新加坡",
	"US (Virginia)":         "美国（弗吉尼亚）",
	"Germany (Frankfurt)":   "德国（法兰克福）",

	"Basic":            "免费版",
	"Anti-virus":       "防病毒版",
	"Advanced":         "高级版",
	"Enterprise":       "企业版",
	"Ultimate":         "旗舰版",
	"Value-added Plan": "仅采购增值服务",
	"ECS":              "云服务器",

	"Not installed":    "未安装",
	"Installing\n":     "安装中\n",
	"Installed\n":      "安装成功\n",
	"Install failed\n": "安装失败\n",
}
