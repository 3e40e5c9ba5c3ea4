package worker

// knownOOSRegions are those that OOS was served in when this was written: what is
// asked as long as OOS itself has listed none.
var knownOOSRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "ap-southeast-8", "cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou",
	"cn-guangzhou", "cn-hangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-heyuan-acdr-1", "cn-hongkong", "cn-huhehaote",
	"cn-nanjing", "cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen", "cn-shenzhen-finance-1", "cn-wuhan-lr",
	"cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva", "eu-central-1", "eu-west-1", "me-central-1", "me-east-1",
	"na-south-1", "us-east-1", "us-southeast-1", "us-west-1",
}
