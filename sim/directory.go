package sim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// listAccounts answers Sas ListAccountsInResourceDirectory: all accounts of the Cloud. Only
// the management account of their resource directory may call it.
func (c *Cloud) listAccounts(req *request, id string) ([]byte, error) {
	if !req.caller.account.Manages {
		return nil, &Error{Status: http.StatusForbidden, Code: "RdCheckNoPermission", Message: "The account is neither the management account of a resource directory nor a delegated administrator."}
	}
	c.mu.Lock()
	list := slices.SortedFunc(maps.Values(c.byID), func(a, b *Account) int { return cmp.Compare(a.ID, b.ID) })
	c.mu.Unlock()
	var items Items
	for _, a := range list {
		manages := "no"
		if a.Manages {
			manages = "yes"
		}
		items = append(items, open(nil).
			text("AccountId", a.ID).text("DisplayName", a.Name).text("FolderId", "r-sim").
			text("IsMaAccount", manages).text("IsSasDaAccount", "no").text("SasVersion", "3").close())
	}
	return open(nil).text("RequestId", id).items("Accounts", items, 0, items.Len()).close(), nil
}

// describeRegions answers oos DescribeRegions:
// https://www.alibabacloud.com/help/en/oos/developer-reference/api-oos-2019-06-01-describeregions
func (c *Cloud) describeRegions(_ *request, id string) ([]byte, error) {
	var items Items
	for _, region := range oosRegions {
		items = append(items, open(nil).
			text("RegionId", region).text("LocalName", region).text("RegionEndpoint", "oos."+region+".aliyuncs.com").close())
	}
	o := open(nil).text("RequestId", id).object("Regions").items("Region", items, 0, items.Len())
	return object(o.close()).close(), nil
}
